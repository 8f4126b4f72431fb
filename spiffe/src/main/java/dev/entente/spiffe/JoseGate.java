package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Takes a token apart, or refuses it before anything in it is believed.
///
/// For maintainers: libraries are lenient where it matters here. Nimbus's stock selector accepts
/// sloppy base64url, wrong `key_ops`, repeated key ids and RSA-1024, so after this gate nothing
/// would be left for it to do but one signature, which the security providers verify as well
/// ([JwsAlgorithm#verify]). `LibraryFactsTest` shows the claims. JSON Web Encryption and the JSON
/// serialisations fall at the first rule, as they have not three parts (JWT-SVID §2, §5.1).
final class JoseGate {
  /// Longest token, included; metadata of a gRPC call carries no more.
  static final int MAX_CHARS = 8 * 1024;

  /// Parameters that tell a verifier where to find a key or what else to understand (RFC 7515
  /// §4.1.2–§4.1.11, RFC 7797). An SVID has none of them (JWT-SVID §2, WIT-SVID §2.4); other
  /// unknown ones are not acted upon.
  private static final Set<String> FORBIDDEN =
      Set.of("crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256");

  /// What a token says it is, by its `typ`: one kind never passes for another.
  ///
  /// @param label what messages call it
  /// @param types the values of `typ`
  record Kind(String label, Set<String> types, boolean needsType, boolean needsKeyId) {
    /// JWT-SVID §2.3: `typ` may be missing, and so may `kid`.
    static final Kind JWT_SVID = new Kind("JWT-SVID", Set.of("JWT", "JOSE"), false, false);

    /// WIT-SVID §2.1, §2.2: both are there.
    static final Kind WIT_SVID = new Kind("WIT-SVID", Set.of("wit+jwt"), true, true);

    /// A proof of possession (draft-ietf-wimse-wpt): the key stands in the token it goes with.
    static final Kind PROOF = new Kind("proof of possession", Set.of("wpt+jwt"), true, false);
  }

  private final JwsAlgorithm algorithm;
  private final Optional<String> keyId;
  private final Map<String, Object> claims;
  private final byte[] signed;
  private final byte[] signature;

  private JoseGate(String token, int firstDot, int lastDot, Kind kind, Set<String> tolerated) {
    var header = object(token.substring(0, firstDot), "header");
    this.algorithm = algorithm(header);
    requireAllowed(header, kind, tolerated);
    this.keyId = keyId(header, kind);
    this.claims = object(token.substring(firstDot + 1, lastDot), "payload");
    this.signed = token.substring(0, lastDot).getBytes(StandardCharsets.US_ASCII);
    this.signature = Base64Url.decode(token.substring(lastDot + 1), "token signature");
  }

  /// Takes a JWT-SVID apart; its algorithm is judged before any other part is read (JWT-SVID §4).
  static JoseGate pass(String token) {
    return pass(token, Kind.JWT_SVID);
  }

  /// Takes a token of this kind apart, by the same rules.
  static JoseGate pass(String token, Kind kind) {
    return pass(token, kind, Set.of());
  }

  /// The same for a platform's token, which may have some of the forbidden parameters; they are not
  /// acted upon.
  static JoseGate pass(String token, Set<String> tolerated) {
    return pass(token, Kind.JWT_SVID, tolerated);
  }

  private static JoseGate pass(String token, Kind kind, Set<String> tolerated) {
    if (token.length() > MAX_CHARS) {
      throw new JwtRefusedException(
          Reason.SIZE, "a token of " + token.length() + " characters, at most " + MAX_CHARS);
    }
    var first = token.indexOf('.');
    var last = token.lastIndexOf('.');
    var threeParts =
        first > 0
            && token.indexOf('.', first + 1) == last
            && last > first + 1
            && last < token.length() - 1;
    if (!threeParts) {
      throw new MalformedException("token has not three parts");
    }
    return new JoseGate(token, first, last, kind, tolerated);
  }

  JwsAlgorithm algorithm() {
    return algorithm;
  }

  Optional<String> keyId() {
    return keyId;
  }

  Map<String, Object> claims() {
    return claims;
  }

  boolean isSignedBy(PublicKey key) {
    return algorithm.verify(key, signed, signature);
  }

  private static Map<String, Object> object(String part, String what) {
    return Json.asObject(Json.parse(Base64Url.decode(part, "token " + what)), what);
  }

  private static JwsAlgorithm algorithm(Map<String, Object> header) {
    return Optional.ofNullable(header.get("alg"))
        .flatMap(alg -> JwsAlgorithm.of(alg.toString()))
        .orElseThrow(() ->
            new JwtRefusedException(
                Reason.ALGORITHM,
                "the token's \"alg\" is none of RS, ES or PS with 256, 384 or 512"));
  }

  private static void requireAllowed(Map<String, Object> header, Kind kind, Set<String> tolerated) {
    for (var name : header.keySet()) {
      if (FORBIDDEN.contains(name) && !tolerated.contains(name)) {
        throw new JwtRefusedException(
            Reason.HEADER,
            "the token's header has \"" + name + "\", which a " + kind.label() + " never has");
      }
    }
    var isMissing = !header.containsKey("typ");
    if (isMissing && !kind.needsType()) {
      return;
    }
    if (isMissing || !(header.get("typ") instanceof String typ && kind.types().contains(typ))) {
      throw new JwtRefusedException(
          Reason.HEADER, "the token's \"typ\" is not that of a " + kind.label());
    }
  }

  private static Optional<String> keyId(Map<String, Object> header, Kind kind) {
    if (!header.containsKey("kid") && !kind.needsKeyId()) {
      return Optional.empty();
    }
    if (header.get("kid") instanceof String text && !text.isEmpty()) {
      return Optional.of(text);
    }
    throw new JwtRefusedException(Reason.HEADER, "the token's \"kid\" is missing or no text");
  }
}
