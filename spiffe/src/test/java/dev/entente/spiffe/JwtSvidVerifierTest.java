package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.JwtVerdict.Reason;
import dev.entente.spiffe.JwtVerdict.Refused;
import dev.entente.spiffe.JwtVerdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TestToken;
import java.security.KeyPair;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One row for each rule of JWT-SVID §2–§5, on both sides where a rule has two.
final class JwtSvidVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final long SECOND = NOW.getEpochSecond();
  private static final Set<String> AUDIENCE = Set.of("db");

  private final JwtSvidVerifier verifier = new JwtSvidVerifier();
  private final TestAuthority authority = TestAuthority.of("example.org", InstantSource.fixed(NOW));
  private final TestAuthority other = TestAuthority.of("other.example", InstantSource.fixed(NOW));
  private final BundleSource bundles = BundleSource.of(authority.bundle(), other.bundle());

  @Test
  @Tag("+JWT-10")
  @Tag("+JWT-16")
  @Tag("+JWT-20")
  @Tag("+ID-28")
  void givesWhatAGoodTokenSays() {
    var token = authority.token("/api", "db").sign();

    assertThat(verify(token))
        .isInstanceOfSatisfying(
            Verified.class,
            verified -> {
              var svid = verified.svid();
              assertThat(svid.token()).isEqualTo(token);
              assertThat(svid.id()).hasToString("spiffe://example.org/api");
              assertThat(svid.audience()).containsExactly("db");
              assertThat(svid.expiresAt()).isEqualTo(NOW.plusSeconds(300));
              assertThat(svid.issuedAt()).contains(NOW);
              assertThat(svid.keyId()).contains("jwt-1");
              assertThat(svid.claims()).containsEntry("exp", SECOND + 300);
            });
  }

  @TestFactory
  @Tag("+ID-37")
  @Tag("+JWT-06")
  @Tag("+JWT-07")
  @Tag("+JWT-08")
  @Tag("+JWT-13")
  @Tag("+JWT-21")
  @Tag("+JWT-22")
  @Tag("+JWT-32")
  @Tag("+JWT-34")
  @Tag("Q-07")
  @Tag("Q-08")
  @Tag("Q-09")
  @Tag("Q-27")
  Stream<DynamicTest> accepts() {
    return Stream.of(
        good("JWT-06 no kid", it -> it.withoutHeader("kid")),
        good("JWT-07 no typ", it -> it.withoutHeader("typ")),
        good("JWT-07 JOSE", it -> it.header("typ", "JOSE")),
        good("JWT-03 a header parameter that means nothing here", it -> it.header("cty", "x")),
        good(
            "JWT-08 more claims",
            it -> it.claim("iss", "https://i.example").claim("role", List.of("a", 1L, true))),
        good("JWT-08 a claim that is null", it -> it.claim("x", Optional.empty())),
        good("JWT-32 a jti", it -> it.claim("jti", "1")),
        good("JWT-13 the audience as a text", it -> it.claim("aud", "db")),
        good("JWT-13 one of several audiences", it -> it.claim("aud", List.of("web", "db"))),
        good("JWT-22 expired, last moment of the leeway", it -> it.claim("exp", SECOND - 59)),
        good("JWT-34 a fraction of a second", it -> it.claim("exp", SECOND + 0.5)),
        good("Q-27 nbf within the leeway", it -> it.claim("nbf", SECOND + 60)),
        good("Q-27 iat within the leeway", it -> it.claim("iat", SECOND + 60)),
        good("no iat", it -> it.withoutClaim("iat")));
  }

  @TestFactory
  @Tag("-ID-39")
  @Tag("-JWT-01")
  @Tag("-JWT-02")
  @Tag("-JWT-03")
  @Tag("-JWT-05")
  @Tag("-JWT-07")
  @Tag("-JWT-10")
  @Tag("-JWT-12")
  @Tag("-JWT-13")
  @Tag("-JWT-17")
  @Tag("-JWT-19")
  @Tag("-JWT-21")
  @Tag("-JWT-22")
  @Tag("+JWT-34")
  @Tag("-JWT-35")
  @Tag("Q-07")
  @Tag("Q-27")
  Stream<DynamicTest> refuses() {
    return Stream.concat(
        BadTokens.signed(NOW).map(row -> bad(row.name(), row.reason(), row.mutation())),
        Stream.of(
            bad("JWT-07 another typ", Reason.HEADER, it -> it.header("typ", "wit+jwt")),
            bad("JWT-12 no aud", Reason.AUDIENCE, it -> it.withoutClaim("aud")),
            bad("JWT-12 an empty aud", Reason.AUDIENCE, it -> it.claim("aud", List.of())),
            bad("JWT-12 an empty text as aud", Reason.AUDIENCE, it -> it.claim("aud", "")),
            bad(
                "JWT-12 aud with a number",
                Reason.AUDIENCE,
                it -> it.claim("aud", List.of("db", 1L))),
            bad("JWT-13 another audience", Reason.AUDIENCE, it -> it.claim("aud", "web")),
            bad("JWT-13 a longer audience", Reason.AUDIENCE, it -> it.claim("aud", "db2")),
            bad("JWT-13 a shorter audience", Reason.AUDIENCE, it -> it.claim("aud", "d")),
            bad("JWT-13 upper case", Reason.AUDIENCE, it -> it.claim("aud", "DB")),
            bad(
                "Q-27 iat beyond the leeway",
                Reason.NOT_YET_VALID,
                it -> it.claim("iat", SECOND + 61))));
  }

  @Test
  void acceptsSixteenLevels() {
    var token = authority.token("/api", "db").claim("x", BadTokens.nested(15)).sign();

    assertThat(verify(token)).isInstanceOf(Verified.class);
  }

  @TestFactory
  @Tag("-JWT-01")
  @Tag("-JWT-02")
  @Tag("+JWT-24")
  @Tag("-ID-47")
  Stream<DynamicTest> refusesWhatIsNotThreePartsOfCanonicalBase64url() {
    return BadTokens.malformed(authority.token("/api", "db").sign()).entrySet().stream()
        .map(row -> malformed(row.getKey(), row.getValue()));
  }

  @Test
  void refusesATokenOverEightKib() {
    var longToken = authority.token("/api", "db").claim("x", "y".repeat(8192)).sign();

    assertThat(reasonOf(verify(longToken))).isEqualTo(Reason.SIZE);
  }

  @Test
  @Tag("+ID-22")
  void acceptsASubjectOf2048Bytes() {
    var path = "/" + "a".repeat(2048 - "spiffe://example.org/".length());

    assertThat(verify(authority.token(path, "db").sign())).isInstanceOf(Verified.class);
  }

  @Test
  @Tag("-ID-34")
  @Tag("-JWT-20")
  void refusesATokenChangedInAnyCharacter() {
    var good = authority.token("/api", "db").sign();

    for (var i = 0; i < good.length(); i += 3) {
      var changed = new StringBuilder(good);
      changed.setCharAt(i, good.charAt(i) == 'A' ? 'B' : 'A');
      assertThat(verify(changed.toString())).isInstanceOf(Refused.class);
    }
  }

  @TestFactory
  @Tag("+JWT-04")
  @Tag("+JWT-05")
  @Tag("+BND-02")
  Stream<DynamicTest> acceptsAllNineAlgorithmsWithTheKeyThatFits() {
    var rsa = TestRsaKeys.next();
    return Stream.of(
            Map.entry("RS256", rsa),
            Map.entry("RS384", rsa),
            Map.entry("RS512", rsa),
            Map.entry("PS256", rsa),
            Map.entry("PS384", rsa),
            Map.entry("PS512", rsa),
            Map.entry("ES256", TestKeys.ec("secp256r1")),
            Map.entry("ES384", TestKeys.ec("secp384r1")),
            Map.entry("ES512", TestKeys.ec("secp521r1")))
        .map(row ->
            dynamicTest(
                row.getKey(),
                () -> {
                  var token = tokenOf(row.getValue()).header("alg", row.getKey()).sign();
                  assertThat(verify(token, row.getValue())).isInstanceOf(Verified.class);
                }));
  }

  @TestFactory
  @Tag("-JWT-05")
  Stream<DynamicTest> refusesAnAlgorithmThatIsNotTheKeys() {
    var rsa = TestRsaKeys.next();
    var p256 = TestKeys.ec("secp256r1");
    var p384 = TestKeys.ec("secp384r1");
    return Stream.of(
        mismatch("ES384 under a P-256 key", "ES384", p384, p256),
        mismatch("ES256 under a P-384 key", "ES256", p256, p384),
        mismatch("RS256 under a P-256 key", "RS256", rsa, p256),
        mismatch("ES256 under an RSA key", "ES256", p256, rsa));
  }

  @Test
  @Tag("-JWT-23")
  void refusesWhenNobodySaidWhichAudienceIsWanted() {
    var verdict = verifier.verify(authority.token("/api", "db").sign(), Set.of(), bundles, NOW);

    assertThat(reasonOf(verdict)).isEqualTo(Reason.AUDIENCE);
  }

  @Test
  @Tag("-ID-28")
  @Tag("-BND-04")
  @Tag("-JWT-20")
  @Tag("-WAPI-69")
  @Tag("-FED-91")
  void looksForTheKeyInTheSubjectsOwnTrustDomainOnly() {
    var forged = other.token("/api", "db").claim("sub", "spiffe://example.org/api");

    assertThat(reasonOf(verify(forged.sign()))).isEqualTo(Reason.SIGNATURE);
    assertThat(reasonOf(verify(forged.withoutHeader("kid").sign()))).isEqualTo(Reason.SIGNATURE);
  }

  @Test
  @Tag("-JWT-30")
  void neverVerifiesWithAnX509Authority() {
    var forged = authority.token("/api", "db").key(authority.keyPair(), "jwt-1").sign();

    assertThat(reasonOf(verify(forged))).isEqualTo(Reason.SIGNATURE);
  }

  @Test
  @Tag("-JWT-31")
  @Tag("-BND-20")
  @Tag("-WAPI-70")
  void trustsNobodyWithoutABundleOrWithOneThatNamesNoKey() {
    var token = authority.token("/api", "db").sign();
    var x509Only = authority.bundle().withJwtAuthorities(List.of());

    assertThat(reasonOf(verifier.verify(token, AUDIENCE, BundleSource.of(), NOW)))
        .isEqualTo(Reason.NO_BUNDLE);
    assertThat(reasonOf(verifier.verify(token, AUDIENCE, BundleSource.of(x509Only), NOW)))
        .isEqualTo(Reason.NO_BUNDLE);
  }

  @Test
  @Tag("+JWT-32")
  void acceptsTheSameTokenTwice() {
    var token = authority.token("/api", "db").claim("jti", "1").sign();

    assertThat(verify(token)).isEqualTo(verify(token)).isInstanceOf(Verified.class);
  }

  @Test
  @Tag("+JWT-22")
  @Tag("-JWT-22")
  void takesTheLeewayItIsGiven() {
    var strict = new JwtSvidVerifier(Duration.ZERO);
    var token = authority.token("/api", "db").claim("exp", SECOND + 1).sign();

    assertThat(strict.verify(token, AUDIENCE, bundles, NOW)).isInstanceOf(Verified.class);
    assertThat(reasonOf(strict.verify(token, AUDIENCE, bundles, NOW.plusSeconds(1))))
        .isEqualTo(Reason.EXPIRED);
    assertThatThrownBy(() -> new JwtSvidVerifier(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesWeakKeysEvenBeforeTheyReachABundle() {
    var weak = TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4).getPublic();

    assertThatThrownBy(() -> JwtAuthority.of("weak", weak))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void neverShowsTheTokenInTextOrInARefusal() {
    var token = authority.token("/api", "db").sign();
    var svid = JwtSvid.readWithoutVerifying(token);
    var signature = token.substring(token.lastIndexOf('.') + 1);

    assertThat(svid.toString()).contains("spiffe://example.org/api").doesNotContain(signature);
    assertThat(verifier.verify(token + "x", AUDIENCE, bundles, NOW).toString())
        .doesNotContain(signature);
  }

  @Test
  void makesARefusalOfWhateverGoesWrong() {
    BundleSource broken =
        _ -> {
          throw new IllegalStateException("view is gone");
        };
    var verdict = verifier.verify(authority.token("/api", "db").sign(), AUDIENCE, broken, NOW);

    assertThat(reasonOf(verdict)).isEqualTo(Reason.INTERNAL);
  }

  private DynamicTest good(String name, Consumer<TestToken> knobs) {
    return dynamicTest(
        name,
        () -> {
          var token = authority.token("/api", "db");
          knobs.accept(token);
          assertThat(verify(token.sign())).isInstanceOf(Verified.class);
        });
  }

  private DynamicTest bad(String name, Reason reason, Consumer<TestToken> knobs) {
    return dynamicTest(
        name,
        () -> {
          var token = authority.token("/api", "db");
          knobs.accept(token);
          assertThat(reasonOf(verify(token.sign()))).isEqualTo(reason);
        });
  }

  private DynamicTest malformed(String name, String token) {
    return dynamicTest(name, () -> assertThat(reasonOf(verify(token))).isEqualTo(Reason.MALFORMED));
  }

  private DynamicTest mismatch(String name, String alg, KeyPair signer, KeyPair published) {
    return dynamicTest(
        name,
        () -> {
          var token = tokenOf(signer).header("alg", alg).sign();
          assertThat(reasonOf(verify(token, published))).isEqualTo(Reason.KEY);
        });
  }

  private TestToken tokenOf(KeyPair key) {
    return authority.token("/api", "db").key(key, "k");
  }

  private JwtVerdict verify(String token, KeyPair published) {
    var bundle =
        authority.bundle().withJwtAuthorities(List.of(JwtAuthority.of("k", published.getPublic())));
    return verifier.verify(token, AUDIENCE, BundleSource.of(bundle), NOW);
  }

  private JwtVerdict verify(String token) {
    return verifier.verify(token, AUDIENCE, bundles, NOW);
  }

  private static Reason reasonOf(JwtVerdict verdict) {
    return switch (verdict) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid());
      case Refused refused -> refused.reason();
    };
  }
}
