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
  /// §4.1.2–§4.1.11, RFC 7797). A JWT-SVID has none of them (JWT-SVID §2); other unknown ones are
  /// not acted upon.
  private static final Set<String> FORBIDDEN =
      Set.of("crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256");

  private static final Set<String> TYPES = Set.of("JWT", "JOSE");

  private final JwsAlgorithm algorithm;
  private final Optional<String> keyId;
  private final Map<String, Object> claims;
  private final byte[] signed;
  private final byte[] signature;

  private JoseGate(String token, int firstDot, int lastDot, Set<String> tolerated) {
    var header = object(token.substring(0, firstDot), "header");
    this.algorithm = algorithm(header);
    requireAllowed(header, tolerated);
    this.keyId = optionalText(header, "kid");
    this.claims = object(token.substring(firstDot + 1, lastDot), "payload");
    this.signed = token.substring(0, lastDot).getBytes(StandardCharsets.US_ASCII);
    this.signature = Base64Url.decode(token.substring(lastDot + 1), "token signature");
  }

  /// Takes the token apart; its algorithm is judged before any other part is read (JWT-SVID §4).
  static JoseGate pass(String token) {
    return pass(token, Set.of());
  }

  /// The same for a token that may have some of the forbidden parameters; they are not acted upon.
  static JoseGate pass(String token, Set<String> tolerated) {
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
    return new JoseGate(token, first, last, tolerated);
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

  private static void requireAllowed(Map<String, Object> header, Set<String> tolerated) {
    for (var name : header.keySet()) {
      if (FORBIDDEN.contains(name) && !tolerated.contains(name)) {
        throw new JwtRefusedException(
            Reason.HEADER, "the token's header has \"" + name + "\", which a JWT-SVID never has");
      }
    }
    if (header.containsKey("typ")
        && !(header.get("typ") instanceof String typ && TYPES.contains(typ))) {
      throw new JwtRefusedException(Reason.HEADER, "the token's \"typ\" is neither JWT nor JOSE");
    }
  }

  private static Optional<String> optionalText(Map<String, Object> header, String name) {
    if (!header.containsKey(name)) {
      return Optional.empty();
    }
    if (header.get(name) instanceof String text && !text.isEmpty()) {
      return Optional.of(text);
    }
    throw new JwtRefusedException(Reason.HEADER, "the token's \"" + name + "\" is no text");
  }
}
