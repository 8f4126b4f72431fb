package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.JwtVerdict.Reason;
import dev.entente.spiffe.WitVerdict.Refused;
import dev.entente.spiffe.WitVerdict.Unproven;
import dev.entente.spiffe.WitVerdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestToken;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One row for each rule of WIT-SVID §2–§7, on both sides where a rule has two.
final class WitSvidVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final long SECOND = NOW.getEpochSecond();
  private static final String TARGET = "https://ledger.example/entries";
  private static final KeyPair HOLDER = KeyAlgorithm.EC_P256.generate();
  private static final KeyPair RSA = KeyAlgorithm.RSA_2048.generate();

  private final WitSvidVerifier verifier = new WitSvidVerifier();
  private final TestAuthority authority = TestAuthority.of("example.org", InstantSource.fixed(NOW));
  private final TestAuthority other = TestAuthority.of("other.example", InstantSource.fixed(NOW));
  private final BundleSource bundles =
      BundleSource.of(authority.bundleWithWit(), other.bundleWithWit());

  @Test
  void givesWhatAGoodTokenAndItsProofSay() {
    var token = token(it -> it.claim("iat", SECOND));

    assertThat(verify(token, proof(token, _ -> {})))
        .isInstanceOfSatisfying(
            Verified.class,
            verified -> {
              var svid = verified.svid();
              assertThat(svid.token()).isEqualTo(token);
              assertThat(svid.id()).hasToString("spiffe://example.org/api");
              assertThat(PublicKeys.same(svid.proofKey(), HOLDER.getPublic())).isTrue();
              assertThat(svid.proofAlgorithm()).isEqualTo(JwsAlgorithm.ES256);
              assertThat(svid.expiresAt()).isEqualTo(NOW.plus(Duration.ofHours(1)));
              assertThat(svid.issuedAt()).contains(NOW);
              assertThat(svid.keyId()).isEqualTo("wit-1");
              assertThat(svid.claims()).containsEntry("iat", SECOND);
              assertThat(verified.proofId()).isEqualTo("proof-1");
              assertThat(verified.proofExpiresAt()).isEqualTo(NOW.plusSeconds(60));
            });
  }

  @TestFactory
  @Tag("Q-13")
  Stream<DynamicTest> accepts() {
    return Stream.of(
        good("WIT-11 an unknown header parameter", it -> it.header("foo", "x")),
        good("WIT-18 a jti", it -> it.claim("jti", "1")),
        good("WIT-25 expired, last moment of the leeway", it -> it.claim("exp", SECOND - 59)),
        good("WIT-27 nbf in the past", it -> it.claim("nbf", SECOND - 60)),
        good("Q-13 nbf within the leeway", it -> it.claim("nbf", SECOND + 60)),
        good("WIT-30 iat", it -> it.claim("iat", SECOND)),
        good("WIT-31 iat in the future", it -> it.claim("iat", SECOND + 3600)),
        good("WIT-32 iss", it -> it.claim("iss", "issuer")),
        good("WIT-35 a private claim", it -> it.claim("role", List.of("a", 1L))),
        good("WIT-36 a claim that is null", it -> it.claim("x", Optional.empty())),
        good("WIT-16 a jwk that says what it is for", it -> jwk(it, "use", "sig")),
        good("WIT-16 a jwk with operations", it -> jwk(it, "key_ops", List.of("verify"))),
        good("WIT-16 a jwk with a kid", it -> jwk(it, "kid", "k")));
  }

  @TestFactory
  @Tag("Q-13")
  Stream<DynamicTest> refuses() {
    return Stream.concat(
        BadTokens.signed(NOW).map(row -> bad(row.name(), row.reason(), row.mutation())),
        Stream.of(
            bad("WIT-03 no kid", Reason.HEADER, it -> it.withoutHeader("kid")),
            bad("WIT-04 a kid in another case", Reason.KEY, it -> it.header("kid", "Wit-1")),
            bad("WIT-07 no typ", Reason.HEADER, it -> it.withoutHeader("typ")),
            bad("WIT-07 JWT", Reason.HEADER, it -> it.header("typ", "JWT")),
            bad("WIT-07 JOSE", Reason.HEADER, it -> it.header("typ", "JOSE")),
            bad("WIT-07 upper case", Reason.HEADER, it -> it.header("typ", "WIT+JWT")),
            bad("WIT-07 a proof", Reason.HEADER, it -> it.header("typ", "wpt+jwt")),
            bad(
                "WIT-13 sub of another scheme",
                Reason.SUBJECT,
                it -> it.claim("sub", "wimse://example.org/api")),
            bad("WIT-15 no cnf", Reason.CONFIRMATION, it -> it.withoutClaim("cnf")),
            bad("WIT-16 cnf is a text", Reason.CONFIRMATION, it -> it.claim("cnf", "x")),
            bad(
                "WIT-16 a kid only",
                Reason.CONFIRMATION,
                it -> it.claim("cnf", Map.of("kid", "k"))),
            bad(
                "WIT-16 a URL only",
                Reason.CONFIRMATION,
                it -> it.claim("cnf", Map.of("jku", "https://keys.example"))),
            bad(
                "WIT-16 a jwk and a URL",
                Reason.CONFIRMATION,
                it -> it.claim("cnf", Map.of("jwk", jwk(), "jku", "https://keys.example"))),
            bad("WIT-16 a private member", Reason.CONFIRMATION, it -> jwk(it, "d", "AAAA")),
            bad("WIT-16 a symmetric key", Reason.CONFIRMATION, it -> jwk(it, "kty", "oct")),
            bad("WIT-16 another curve", Reason.CONFIRMATION, it -> jwk(it, "crv", "secp256k1")),
            bad(
                "WIT-16 a point off the curve",
                Reason.CONFIRMATION,
                it -> jwk(it, "x", Objects.requireNonNull(jwk().get("y")))),
            bad("WIT-16 a key for encryption", Reason.CONFIRMATION, it -> jwk(it, "use", "enc")),
            bad(
                "WIT-16 operations without verify",
                Reason.CONFIRMATION,
                it -> jwk(it, "key_ops", List.of("deriveKey"))),
            bad("WIT-17 none", Reason.CONFIRMATION, it -> jwk(it, "alg", "none")),
            bad("WIT-17 HS256", Reason.CONFIRMATION, it -> jwk(it, "alg", "HS256")),
            bad("WIT-17 EdDSA", Reason.CONFIRMATION, it -> jwk(it, "alg", "EdDSA")),
            bad(
                "WIT-17 no alg",
                Reason.CONFIRMATION,
                it -> it.claim("cnf", Map.of("jwk", Jwk.publicMembers(HOLDER.getPublic())))),
            bad(
                "WIT-17 one that is not the key's",
                Reason.CONFIRMATION,
                it -> jwk(it, "alg", "ES384")),
            bad("WIT-28 nbf ahead", Reason.NOT_YET_VALID, it -> it.claim("nbf", SECOND + 3600)),
            bad("WIT-34 aud", Reason.AUDIENCE, it -> it.claim("aud", "db")),
            bad("WIT-34 aud is null", Reason.AUDIENCE, it -> it.claim("aud", Optional.empty()))));
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatIsNotThreePartsOfCanonicalBase64url() {
    return BadTokens.malformed(token(_ -> {})).entrySet().stream()
        .map(row ->
            dynamicTest(
                row.getKey(),
                () ->
                    assertThat(reasonOf(look(row.getValue(), bundles)))
                        .isEqualTo(Reason.MALFORMED)));
  }

  @TestFactory
  Stream<DynamicTest> acceptsNoProofButTheHoldersForThisTokenAndTarget() {
    var stranger = KeyAlgorithm.EC_P256.generate();
    return Stream.of(
        refusesProof("WIT-44 none at all", Reason.MALFORMED, _ -> ""),
        refusesProof("WIT-46 the token itself", Reason.HEADER, token -> token),
        refusesProof(
            "WIT-44 another key",
            Reason.SIGNATURE,
            token -> authority.proof(token, TARGET, stranger).sign()),
        refusesProof(
            "WIT-45 another token",
            Reason.PROOF,
            _ -> authority.proof(token(it -> it.claim("jti", "2")), TARGET, HOLDER).sign()),
        unproven("WIT-59 another target", it -> it.claim("aud", TARGET + "/1")),
        unproven("WIT-59 no target", it -> it.withoutClaim("aud")),
        unproven("WIT-59 a list of targets", it -> it.claim("aud", List.of(TARGET, "x"))),
        unproven("WIT-59 an access token that was not shown", it -> it.claim("ath", "x")),
        unproven("WIT-59 a transaction token that was not shown", it -> it.claim("tth", "x")),
        unproven(
            "WIT-59 other tokens that were not shown", it -> it.claim("oth", Map.of("a", "b"))),
        unproven("WIT-60 longer than minutes", it -> it.claim("exp", SECOND + 361)),
        unproven("WIT-60 stale", Reason.EXPIRED, it -> it.claim("exp", SECOND - 60)),
        unproven("WIT-60 no end", Reason.TIME, it -> it.withoutClaim("exp")),
        unproven("no jti", it -> it.withoutClaim("jti")),
        unproven("an empty jti", it -> it.claim("jti", "")),
        unproven("a jti that is a number", it -> it.claim("jti", 1L)),
        unproven("another typ", Reason.HEADER, it -> it.header("typ", "JWT")),
        unproven("no typ", Reason.HEADER, it -> it.withoutHeader("typ")),
        unproven("another algorithm", Reason.ALGORITHM, it -> it.header("alg", "ES384")),
        unproven("crit", Reason.HEADER, it -> it.header("crit", List.of("exp"))));
  }

  @Test
  void acceptsTheLongestProof() {
    var token = token(_ -> {});

    assertThat(verify(token, proof(token, it -> it.claim("exp", SECOND + 360))))
        .isInstanceOf(Verified.class);
  }

  @Test
  void acceptsOneTokenWithTwoProofsAndTellsThemApart() {
    var token = token(it -> it.claim("jti", "1"));

    assertThat(verify(token, proof(token, it -> it.claim("jti", "a"))))
        .isInstanceOf(Verified.class);
    assertThat(verify(token, proof(token, it -> it.claim("jti", "b"))))
        .isInstanceOfSatisfying(
            Verified.class, verified -> assertThat(verified.proofId()).isEqualTo("b"));
  }

  @TestFactory
  Stream<DynamicTest> acceptsAllNineAlgorithmsOnBothKeys() {
    return Stream.of(
            Map.entry("RS256", RSA),
            Map.entry("RS384", RSA),
            Map.entry("RS512", RSA),
            Map.entry("PS256", RSA),
            Map.entry("PS384", RSA),
            Map.entry("PS512", RSA),
            Map.entry("ES256", HOLDER),
            Map.entry("ES384", TestKeys.ec("secp384r1")),
            Map.entry("ES512", TestKeys.ec("secp521r1")))
        .map(row ->
            dynamicTest(
                row.getKey(),
                () -> {
                  var keys = row.getValue();
                  var jwk = new LinkedHashMap<>(Jwk.publicMembers(keys.getPublic()));
                  jwk.put("alg", row.getKey());
                  var token =
                      authority
                          .wit("/api", keys)
                          .key(keys, "k")
                          .header("alg", row.getKey())
                          .claim("cnf", Map.of("jwk", jwk))
                          .sign();
                  var proof =
                      authority.proof(token, TARGET, keys).header("alg", row.getKey()).sign();
                  var bundle =
                      authority
                          .bundle()
                          .withWitAuthorities(List.of(JwtAuthority.of("k", keys.getPublic())));
                  assertThat(verifier.verify(token, proof, TARGET, BundleSource.of(bundle), NOW))
                      .isInstanceOf(Verified.class);
                }));
  }

  @Test
  void neverVerifiesWithAKeyForOtherSvids() {
    var byJwtKey = authority.wit("/api", HOLDER).key(authority.jwtKeyPair(), "jwt-1").sign();
    var bundle = authority.bundle();

    assertThat(reasonOf(look(byJwtKey, bundles))).isEqualTo(Reason.KEY);
    assertThat(reasonOf(look(byJwtKey, BundleSource.of(bundle)))).isEqualTo(Reason.NO_BUNDLE);
    assertThat(reasonOf(look(token(_ -> {}), BundleSource.of()))).isEqualTo(Reason.NO_BUNDLE);
  }

  @Test
  void neverPassesForAJwtSvid() {
    var token = token(it -> it.claim("aud", "db"));
    var verdict = new JwtSvidVerifier().verify(token, Set.of("db"), bundles, NOW);

    assertThat(verdict)
        .isInstanceOfSatisfying(
            JwtVerdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.HEADER));
    assertThat(WitSvid.isNamed(token)).isTrue();
    assertThat(WitSvid.isNamed(authority.token("/api", "db").sign())).isFalse();
  }

  @Test
  void saysOfATokenAloneThatNothingIsProved() {
    var token = token(_ -> {});

    assertThat(look(token, bundles))
        .isInstanceOfSatisfying(
            Unproven.class, verdict -> assertThat(verdict.svid().token()).isEqualTo(token));
  }

  @Test
  void refusesATokenChangedInAnyCharacter() {
    var good = token(_ -> {});
    var proof = proof(good, _ -> {});

    for (var i = 0; i < good.length(); i += 3) {
      var changed = new StringBuilder(good);
      changed.setCharAt(i, good.charAt(i) == 'A' ? 'B' : 'A');
      assertThat(verify(changed.toString(), proof)).isInstanceOf(Refused.class);
      assertThat(look(changed.toString(), bundles)).isInstanceOf(Refused.class);
    }
  }

  @Test
  void takesTheLeewayItIsGivenUpToTwoMinutes() {
    var token = token(it -> it.claim("exp", SECOND + 1));
    var strict = new WitSvidVerifier(Duration.ZERO);

    assertThat(strict.verifyWithoutProofOfPossession(token, bundles, NOW))
        .isInstanceOf(Unproven.class);
    assertThat(reasonOf(strict.verifyWithoutProofOfPossession(token, bundles, NOW.plusSeconds(1))))
        .isEqualTo(Reason.EXPIRED);
    assertThat(new WitSvidVerifier(Duration.ofMinutes(2))).isNotNull();
    assertThatThrownBy(() -> new WitSvidVerifier(Duration.ofMinutes(2).plusMillis(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WitSvidVerifier(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void neverShowsTheTokenInTextOrInARefusal() {
    var token = token(_ -> {});
    var svid = WitSvid.readWithoutVerifying(token);
    var signature = token.substring(token.lastIndexOf('.') + 1);

    assertThat(svid.toString()).contains("spiffe://example.org/api").doesNotContain(signature);
    assertThat(look(token + "x", bundles).toString()).doesNotContain(signature);
  }

  @Test
  void makesARefusalOfWhateverGoesWrong() {
    BundleSource broken =
        _ -> {
          throw new IllegalStateException("view is gone");
        };

    assertThat(reasonOf(look(token(_ -> {}), broken))).isEqualTo(Reason.INTERNAL);
  }

  private DynamicTest good(String name, Consumer<TestToken> knobs) {
    return dynamicTest(
        name,
        () -> {
          var token = token(knobs);
          assertThat(verify(token, proof(token, _ -> {}))).isInstanceOf(Verified.class);
        });
  }

  private DynamicTest bad(String name, Reason reason, Consumer<TestToken> knobs) {
    return dynamicTest(
        name,
        () -> {
          var token = token(knobs);
          assertThat(reasonOf(verify(token, proof(token, _ -> {})))).isEqualTo(reason);
          assertThat(reasonOf(look(token, bundles))).isEqualTo(reason);
        });
  }

  private DynamicTest unproven(String name, Consumer<TestToken> knobs) {
    return unproven(name, Reason.PROOF, knobs);
  }

  private DynamicTest unproven(String name, Reason reason, Consumer<TestToken> knobs) {
    return refusesProof(name, reason, token -> proof(token, knobs));
  }

  private DynamicTest refusesProof(String name, Reason reason, UnaryOperator<String> proving) {
    return dynamicTest(
        name,
        () -> {
          var token = token(_ -> {});
          assertThat(reasonOf(verify(token, proving.apply(token)))).isEqualTo(reason);
        });
  }

  private String token(Consumer<TestToken> knobs) {
    var token = authority.wit("/api", HOLDER);
    knobs.accept(token);
    return token.sign();
  }

  private String proof(String token, Consumer<TestToken> knobs) {
    var proof = authority.proof(token, TARGET, HOLDER);
    knobs.accept(proof);
    return proof.sign();
  }

  private static Map<String, Object> jwk() {
    var jwk = new LinkedHashMap<>(Jwk.publicMembers(HOLDER.getPublic()));
    jwk.put("alg", "ES256");
    return jwk;
  }

  private static void jwk(TestToken token, String name, Object value) {
    var jwk = jwk();
    jwk.put(name, value);
    token.claim("cnf", Map.of("jwk", jwk));
  }

  private WitVerdict verify(String token, String proof) {
    return verifier.verify(token, proof, TARGET, bundles, NOW);
  }

  private WitVerdict look(String token, BundleSource source) {
    return verifier.verifyWithoutProofOfPossession(token, source, NOW);
  }

  private static Reason reasonOf(WitVerdict verdict) {
    return switch (verdict) {
      case Verified verified -> throw new AssertionError("accepted: " + verified.svid());
      case Unproven unproven -> throw new AssertionError("accepted: " + unproven.svid());
      case Refused refused -> refused.reason();
    };
  }
}
