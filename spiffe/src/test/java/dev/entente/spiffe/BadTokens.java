package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import dev.entente.testkit.TestToken;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What neither a JWT-SVID nor a WIT-SVID may be, each a good token but for one mutation.
final class BadTokens {
  private BadTokens() {}

  /// A token, and why it is refused.
  ///
  /// @param name the rules that it breaks, and how
  record Row(String name, Reason reason, Consumer<TestToken> mutation) {}

  /// Bad tokens that are signed all the same, at `now`.
  static Stream<Row> signed(Instant now) {
    long second = now.getEpochSecond();
    return Stream.of(
        row("JWT-05 WIT-09 none", Reason.ALGORITHM, it -> it.header("alg", "none")),
        row("JWT-05 WIT-09 HS256", Reason.ALGORITHM, it -> it.header("alg", "HS256")),
        row("JWT-05 WIT-09 EdDSA", Reason.ALGORITHM, it -> it.header("alg", "EdDSA")),
        row("JWT-05 WIT-09 ES256K", Reason.ALGORITHM, it -> it.header("alg", "ES256K")),
        row("JWT-05 WIT-09 lower case", Reason.ALGORITHM, it -> it.header("alg", "es256")),
        row("JWT-05 WIT-09 no alg", Reason.ALGORITHM, it -> it.withoutHeader("alg")),
        row("JWT-05 WIT-09 alg is a number", Reason.ALGORITHM, it -> it.header("alg", 1L)),
        row(
            "JWT-19 bad alg before a bad payload",
            Reason.ALGORITHM,
            it -> it.header("alg", "none").rawClaims("[")),
        row("JWT-07 WIT-07 lower-case typ", Reason.HEADER, it -> it.header("typ", "jwt")),
        row("JWT-07 WIT-07 typ is null", Reason.HEADER, it -> it.header("typ", Optional.empty())),
        row("JWT-03 WIT-11 crit", Reason.HEADER, it -> it.header("crit", List.of("exp"))),
        row("JWT-03 WIT-11 b64", Reason.HEADER, it -> it.header("b64", false)),
        row("JWT-03 WIT-11 jwk", Reason.HEADER, it -> it.header("jwk", Map.of("kty", "EC"))),
        row("JWT-03 WIT-11 jku", Reason.HEADER, it -> it.header("jku", "https://evil.example")),
        row("JWT-03 WIT-11 x5u", Reason.HEADER, it -> it.header("x5u", "https://evil.example")),
        row("JWT-03 WIT-11 x5c", Reason.HEADER, it -> it.header("x5c", List.of())),
        row("kid is a number", Reason.HEADER, it -> it.header("kid", 1L)),
        row("WIT-03 an empty kid", Reason.HEADER, it -> it.header("kid", "")),
        row("WIT-06 an unknown kid", Reason.KEY, it -> it.header("kid", "nobody")),
        row("a kid with a path in it", Reason.KEY, it -> it.header("kid", "../jwt-1")),
        row("JWT-10 WIT-12 no sub", Reason.SUBJECT, it -> it.withoutClaim("sub")),
        row("JWT-10 WIT-13 sub is no SPIFFE ID", Reason.SUBJECT, it -> it.claim("sub", "api")),
        row(
            "JWT-10 WIT-12 sub is a list",
            Reason.SUBJECT,
            it -> it.claim("sub", List.of("spiffe://example.org/api"))),
        row("JWT-17 WIT-23 no exp", Reason.TIME, it -> it.withoutClaim("exp")),
        row("JWT-17 WIT-23 exp is a text", Reason.TIME, it -> it.claim("exp", "" + (second + 300))),
        row("JWT-17 exp is beyond all time", Reason.TIME, it -> it.claim("exp", Long.MAX_VALUE)),
        row("JWT-17 WIT-23 exp is null", Reason.TIME, it -> it.claim("exp", Optional.empty())),
        row(
            "JWT-22 WIT-24 expired, the leeway has passed",
            Reason.EXPIRED,
            it -> it.claim("exp", second - 60)),
        row(
            "Q-27 Q-13 nbf beyond the leeway",
            Reason.NOT_YET_VALID,
            it -> it.claim("nbf", second + 61)),
        row("nbf is a text", Reason.TIME, it -> it.claim("nbf", "0")),
        row(
            "another trust domain's SPIFFE ID",
            Reason.SIGNATURE,
            it -> it.claim("sub", "spiffe://other.example/api")),
        row(
            "a trust domain without a bundle",
            Reason.NO_BUNDLE,
            it -> it.claim("sub", "spiffe://third.example/api")),
        row(
            "a member twice in the header",
            Reason.MALFORMED,
            it -> it.rawHeader("{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"jwt-1\"}")),
        row(
            "a member twice in the claims",
            Reason.MALFORMED,
            it ->
                it.rawClaims(
                    "{\"sub\":\"spiffe://example.org/a\",\"sub\":\"spiffe://example.org/b\"}")),
        row("a header that is a list", Reason.MALFORMED, it -> it.rawHeader("[]")),
        row("WIT-01 claims that are a list", Reason.MALFORMED, it -> it.rawClaims("[]")),
        row("17 levels", Reason.MALFORMED, it -> it.claim("x", nested(16))));
  }

  /// Texts that are not three parts of canonical base64url, by how they differ from a good one.
  static Map<String, String> malformed(String good) {
    var parts = good.split("\\.", -1);
    var bad = new LinkedHashMap<String, String>();
    bad.put("JWT-02 no signature", parts[0] + "." + parts[1] + ".");
    bad.put("JWT-02 no last part", parts[0] + "." + parts[1]);
    bad.put("JWT-02 five parts", good + ".a.b");
    bad.put("JWT-01 JSON serialisation", "{\"payload\":\"" + parts[1] + "\"}");
    bad.put("no header", "." + parts[1] + "." + parts[2]);
    bad.put("no payload", parts[0] + ".." + parts[2]);
    bad.put("empty", "");
    bad.put("dots", "...");
    bad.put("JWT-24 padding", good + "==");
    bad.put("JWT-24 white space at the end", good + "\n");
    bad.put("JWT-24 white space in front", " " + good);
    bad.put("JWT-24 the other alphabet", parts[0] + "." + parts[1] + ".+/" + parts[2]);
    bad.put("JWT-24 spare bits", spareBits(good));
    bad.put("beyond ASCII", good.replace('e', 'е'));
    bad.put("not UTF-8", base64(new byte[] {(byte) 0xff}) + "." + parts[1] + "." + parts[2]);
    return bad;
  }

  /// Lists in lists, so many.
  static Object nested(int levels) {
    Object value = List.of();
    for (var i = 1; i < levels; i++) {
      value = List.of(value);
    }
    return value;
  }

  private static Row row(String name, Reason reason, Consumer<TestToken> mutation) {
    return new Row(name, reason, mutation);
  }

  private static String spareBits(String token) {
    var last = token.charAt(token.length() - 1);
    return token.substring(0, token.length() - 1) + (char) (last + 1);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
