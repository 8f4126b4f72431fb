package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.CLOCK;
import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.RANDOM;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.SignedJWT;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The shape of a WIT-SVID (WIT-SVID §2–§4), and what is not signed.
final class WitIssuerTest {
  private static final KeyPair HOLDER = KeyAlgorithm.EC_P256.generate();
  private static final KeyPair RSA = KeyAlgorithm.RSA_2048.generate();
  private static final WitSigningAuthority AUTHORITY =
      new WitSigningAuthority(
          TokenSigner.wit(
              "wit-kid", new MemoryKeyManager().generate("WIT-Signer-A", KeyAlgorithm.EC_P256)),
          NOW.plus(Duration.ofHours(24)));

  private final WitIssuer issuer = issuer(Optional.of(AUTHORITY), Optional.empty());

  @Test
  void issuesCompactTokensWithNothingMoreThanNeeded() throws Exception {
    var issued = issue(request());
    var token = SignedJWT.parse(issued.token());
    var claims = token.getPayload().toJSONObject();

    assertThat(token.getHeader().toJSONObject())
        .containsOnly(
            Map.entry("alg", "ES256"), Map.entry("kid", "wit-kid"), Map.entry("typ", "wit+jwt"));
    assertThat(claims).containsOnlyKeys("cnf", "exp", "iat", "jti", "sub");
    assertThat(claims)
        .containsEntry("sub", WORKLOAD.toString())
        .containsEntry("exp", NOW.plusSeconds(3600).getEpochSecond())
        .containsEntry("iat", NOW.getEpochSecond());
    assertThat(claims.get("cnf")).asString().doesNotContain("\"d\"");
    assertThat(issued.expiresAt()).isEqualTo(NOW.plusSeconds(3600));
    assertThat(issued.keyId()).isEqualTo("wit-kid");
    assertThat(issued.toString()).doesNotContain(issued.token());
  }

  @Test
  void isVerifiedByAnotherLibraryAndByOurOwn() throws Exception {
    var issued = issue(request());
    var bundle = SpiffeBundle.empty(DOMAIN).withWitAuthorities(List.of(AUTHORITY.authority()));
    var claims = SignedJWT.parse(issued.token()).getJWTClaimsSet();
    var cnf = JWK.parse(JSONObjectUtils.getJSONObject(claims.getJSONObjectClaim("cnf"), "jwk"));

    assertThat(cnf.toECKey().toPublicKey()).isEqualTo(HOLDER.getPublic());
    assertThat(cnf.getAlgorithm().getName()).isEqualTo("ES256");
    assertThat(
            new WitSvidVerifier()
                .verifyWithoutProofOfPossession(issued.token(), BundleSource.of(bundle), NOW))
        .isInstanceOf(WitVerdict.Unproven.class);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("holders")
  void namesTheHoldersKeyAndItsAlgorithm(JwsAlgorithm algorithm, PublicKey key) {
    var issued = issue(new WitSvidRequest(WORKLOAD, key, algorithm, Duration.ZERO));
    var svid = WitSvid.readWithoutVerifying(issued.token());

    assertThat(svid.proofAlgorithm()).isEqualTo(algorithm);
    assertThat(svid.proofKey().getEncoded()).isEqualTo(key.getEncoded());
  }

  static Stream<Arguments> holders() {
    return Stream.of(
        Arguments.of(JwsAlgorithm.ES256, HOLDER.getPublic()),
        Arguments.of(JwsAlgorithm.ES384, KeyAlgorithm.EC_P384.generate().getPublic()),
        Arguments.of(JwsAlgorithm.RS256, RSA.getPublic()),
        Arguments.of(JwsAlgorithm.PS512, RSA.getPublic()));
  }

  @Test
  void givesEachTokenAnIdOfItsOwn() {
    var ids = new HashSet<String>();
    for (var i = 0; i < 200; i++) {
      var claims = WitSvid.readWithoutVerifying(issue(request()).token()).claims();
      ids.add(String.valueOf(claims.get("jti")));
    }

    assertThat(ids).hasSize(200).allSatisfy(id -> assertThat(id).hasSize(22));
  }

  @Test
  void endsNoLaterThanTheKey() {
    var wanted = new WitSvidRequest(WORKLOAD, HOLDER.getPublic(), JwsAlgorithm.ES256, hours(48));

    assertThat(issue(wanted).expiresAt()).isEqualTo(AUTHORITY.notAfter());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void refuses(IssuanceRefusal code, WitSvidRequest request) {
    assertThat(issuer.prepare(request))
        .isInstanceOfSatisfying(
            TokenDecision.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  static Stream<Arguments> refusals() {
    var key = HOLDER.getPublic();
    var es256 = JwsAlgorithm.ES256;
    var foreign = SpiffeId.parse("spiffe://other.example/api");
    var root = SpiffeId.parse("spiffe://example.org");
    return Stream.of(
        Arguments.of(
            IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
            new WitSvidRequest(foreign, key, es256, Duration.ZERO)),
        Arguments.of(
            IssuanceRefusal.ID_WITHOUT_PATH, new WitSvidRequest(root, key, es256, Duration.ZERO)),
        Arguments.of(
            IssuanceRefusal.KEY_NOT_ALLOWED,
            new WitSvidRequest(WORKLOAD, key, JwsAlgorithm.RS256, Duration.ZERO)),
        Arguments.of(
            IssuanceRefusal.KEY_NOT_ALLOWED,
            new WitSvidRequest(WORKLOAD, RSA.getPublic(), es256, Duration.ZERO)),
        Arguments.of(
            IssuanceRefusal.BAD_TTL,
            new WitSvidRequest(WORKLOAD, key, es256, Duration.ofSeconds(-1))),
        Arguments.of(
            IssuanceRefusal.BAD_TTL,
            new WitSvidRequest(WORKLOAD, key, es256, X509Profile.LONGEST_TTL.plusSeconds(1))));
  }

  @Test
  void signsNothingWithoutAnAuthorityOrWhileSuspended() {
    assertThat(issuer(Optional.empty(), Optional.empty()).prepare(request()))
        .isEqualTo(
            new TokenDecision.Refused(
                IssuanceRefusal.NO_AUTHORITY, "no WIT authority is active yet"));
    assertThat(issuer(Optional.of(AUTHORITY), Optional.of("paused")).prepare(request()))
        .isEqualTo(new TokenDecision.Refused(IssuanceRefusal.SUSPENDED, "paused"));
    var expired = new WitSigningAuthority(AUTHORITY.signer(), NOW);
    assertThat(issuer(Optional.of(expired), Optional.empty()).prepare(request()))
        .isInstanceOfSatisfying(
            TokenDecision.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(IssuanceRefusal.NO_AUTHORITY));
  }

  @Test
  void issuesWhatItPreparedOnceAndNothingElse() {
    var prepared = (PreparedToken) issuer.prepare(request());
    issuer.issue(prepared);
    var others =
        (PreparedToken) issuer(Optional.of(AUTHORITY), Optional.empty()).prepare(request());

    assertThatThrownBy(() -> issuer.issue(prepared)).hasMessageContaining("issued already");
    assertThatThrownBy(() -> issuer.issue(others)).hasMessageContaining("another issuer");
  }

  private static Duration hours(int hours) {
    return Duration.ofHours(hours);
  }

  private static WitSvidRequest request() {
    return new WitSvidRequest(WORKLOAD, HOLDER.getPublic(), JwsAlgorithm.ES256, Duration.ZERO);
  }

  private IssuedWitSvid issue(WitSvidRequest request) {
    return issuer.issue((PreparedToken) issuer.prepare(request));
  }

  private static WitIssuer issuer(
      Optional<WitSigningAuthority> authority, Optional<String> objection) {
    return new WitIssuer(WitProfile.of(DOMAIN), CLOCK, RANDOM, () -> authority, () -> objection);
  }
}
