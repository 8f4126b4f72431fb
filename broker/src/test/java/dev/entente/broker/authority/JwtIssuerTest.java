package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.entente.spiffe.SpiffeId;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JwtIssuerTest {
  private static final Duration DEFAULT = Duration.ZERO;
  private static final JwtGeneration GENERATION = TestIssuers.jwtGeneration(Duration.ofHours(24));

  private final JwtIssuer issuer = TestIssuers.jwtIssuer(JwtProfile.of(DOMAIN), GENERATION);

  @Test
  @Tag("+ID-41")
  @DisplayName("JWT-01 -02 -03 -04 -07 -10 -11 -16 -20 -24 -34: the shape of a token")
  @Tag("+JWT-01")
  @Tag("+JWT-03")
  @Tag("-JWT-03")
  @Tag("+JWT-04")
  @Tag("+JWT-07")
  @Tag("+JWT-09")
  @Tag("+JWT-10")
  @Tag("-JWT-11")
  @Tag("+JWT-16")
  @Tag("+JWT-20")
  @Tag("+JWT-21")
  @Tag("+JWT-24")
  @Tag("+JWT-34")
  void issuesCompactTokensWithNothingMoreThanNeeded() throws Exception {
    var issued = issue(issuer, request("aud1"));
    var token = SignedJWT.parse(issued.token());

    assertThat(issued.token().chars().filter(c -> c == '.')).hasSize(2);
    assertThat(issued.token()).doesNotContain("=", "+", "/");
    assertThat(token.getHeader().toJSONObject())
        .containsOnly(
            java.util.Map.entry("alg", "ES256"),
            java.util.Map.entry("kid", "es-kid"),
            java.util.Map.entry("typ", "JWT"));
    assertThat(token.getPayload().toJSONObject())
        .containsOnly(
            java.util.Map.entry("sub", WORKLOAD.toString()),
            java.util.Map.entry("aud", List.of("aud1")),
            java.util.Map.entry("exp", NOW.plusSeconds(300).getEpochSecond()),
            java.util.Map.entry("iat", NOW.getEpochSecond()));
    assertThat(token.verify(new ECDSAVerifier((ECPublicKey) GENERATION.es256().key().publicKey())))
        .isTrue();
    assertThat(issued.keyId()).isEqualTo("es-kid");
    assertThat(issued.issuedAt()).isEqualTo(NOW);
    assertThat(issued.expiresAt()).isEqualTo(NOW.plusSeconds(300));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("algorithms")
  @Tag("+JWT-04")
  void choosesTheAlgorithmByAudience(
      JwtAlgorithmRule.Choice choice, List<String> audience, JWSAlgorithm expected)
      throws Exception {
    var profile =
        new JwtProfile(
            DOMAIN,
            Optional.empty(),
            new JwtAlgorithmRule(choice, List.of(JwtAlgorithmRule.AZURE_TOKEN_EXCHANGE, "exact")),
            Duration.ofMinutes(5),
            X509Profile.LONGEST_TTL);

    var token =
        SignedJWT.parse(
            issue(
                    TestIssuers.jwtIssuer(profile, GENERATION),
                    new JwtSvidRequest(WORKLOAD, audience, DEFAULT, false))
                .token());

    assertThat(token.getHeader().getAlgorithm()).isEqualTo(expected);
    var verifier =
        expected.equals(JWSAlgorithm.RS256)
            ? new RSASSAVerifier((RSAPublicKey) GENERATION.rs256().key().publicKey())
            : new ECDSAVerifier((ECPublicKey) GENERATION.es256().key().publicKey());
    assertThat(token.verify(verifier)).isTrue();
  }

  static Stream<Arguments> algorithms() {
    var byAudience = JwtAlgorithmRule.Choice.BY_AUDIENCE;
    return Stream.of(
        Arguments.of(byAudience, List.of("sts.amazonaws.com"), JWSAlgorithm.ES256),
        Arguments.of(byAudience, List.of("api://AzureADTokenExchange"), JWSAlgorithm.RS256),
        Arguments.of(byAudience, List.of("api://AzureADTokenExchangeUSGov"), JWSAlgorithm.RS256),
        Arguments.of(byAudience, List.of("a", "api://AzureADTokenExchange"), JWSAlgorithm.RS256),
        Arguments.of(byAudience, List.of("x-api://AzureADTokenExchange"), JWSAlgorithm.ES256),
        Arguments.of(byAudience, List.of("exact"), JWSAlgorithm.RS256),
        Arguments.of(byAudience, List.of("exactly"), JWSAlgorithm.ES256),
        Arguments.of(JwtAlgorithmRule.Choice.RS256, List.of("a"), JWSAlgorithm.RS256),
        Arguments.of(
            JwtAlgorithmRule.Choice.ES256,
            List.of("api://AzureADTokenExchange"),
            JWSAlgorithm.ES256));
  }

  @Test
  @Tag("+JWT-08")
  @Tag("+JWT-32")
  void addsIssuerAndTokenIdWhereTheyAreWanted() throws Exception {
    var profile =
        new JwtProfile(
            DOMAIN,
            Optional.of("https://issuer.example"),
            JwtAlgorithmRule.DEFAULT,
            Duration.ofMinutes(5),
            X509Profile.LONGEST_TTL);
    var by = TestIssuers.jwtIssuer(profile, GENERATION);

    var prepared =
        (PreparedToken) by.prepare(new JwtSvidRequest(WORKLOAD, List.of("a"), DEFAULT, true));
    var claims = SignedJWT.parse(by.issue(prepared).token()).getJWTClaimsSet();

    assertThat(claims.getIssuer()).isEqualTo("https://issuer.example");
    assertThat(claims.getJWTID()).hasSize(22).isEqualTo(prepared.jti().orElseThrow());
  }

  @Test
  @Tag("-JWT-11")
  void keepsEveryAudienceAsItIs() throws Exception {
    var audience =
        List.of("a\"b\\c", "line\nbreak\u0000", "snow☃", "clef\ud834\udd1e", "", "</x>", "\u007f");

    var token = issue(issuer, new JwtSvidRequest(WORKLOAD, audience, DEFAULT, false));

    assertThat(SignedJWT.parse(token.token()).getJWTClaimsSet().getAudience())
        .containsExactly(
            "a\"b\\c", "line\nbreak\u0000", "snow☃", "clef\ud834\udd1e", "</x>", "\u007f");
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(IssuanceRefusal.NO_AUDIENCE, WORKLOAD, List.of(), DEFAULT),
        Arguments.of(IssuanceRefusal.NO_AUDIENCE, WORKLOAD, List.of("", ""), DEFAULT),
        Arguments.of(IssuanceRefusal.BAD_TTL, WORKLOAD, List.of("a"), Duration.ofSeconds(-1)),
        Arguments.of(IssuanceRefusal.BAD_TTL, WORKLOAD, List.of("a"), Duration.ofDays(3651)),
        Arguments.of(IssuanceRefusal.ID_WITHOUT_PATH, DOMAIN.id(), List.of("a"), DEFAULT),
        Arguments.of(
            IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
            SpiffeId.parse("spiffe://other.example/a"),
            List.of("a"),
            DEFAULT),
        Arguments.of(IssuanceRefusal.TOO_LARGE, WORKLOAD, List.of("a".repeat(6000)), DEFAULT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  @DisplayName("JWT-11 ID-43: what may not be signed is refused")
  @Tag("-JWT-11")
  @Tag("-ID-42")
  @Tag("-ID-43")
  void refusesWhatMayNotBeSigned(
      IssuanceRefusal code, SpiffeId id, List<String> audience, Duration ttl) {
    assertThat(issuer.prepare(new JwtSvidRequest(id, audience, ttl, false)))
        .isInstanceOfSatisfying(
            TokenDecision.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  @Test
  @DisplayName("JWT-18 JWT-36: five minutes, and never longer than the key")
  @Tag("+JWT-18")
  @Tag("+JWT-36")
  void endsNoLaterThanTheKey() {
    var shortLived = TestIssuers.jwtGeneration(Duration.ofSeconds(100));

    var issued = issue(TestIssuers.jwtIssuer(JwtProfile.of(DOMAIN), shortLived), request("a"));

    assertThat(issued.expiresAt()).isEqualTo(NOW.plusSeconds(100));
    assertThat(JwtProfile.of(DOMAIN).ttl()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void refusesWithoutAKeyThatIsStillAlive() {
    var expired = TestIssuers.jwtGeneration(Duration.ZERO);

    assertThat(TestIssuers.jwtIssuer(JwtProfile.of(DOMAIN), expired).prepare(request("a")))
        .isInstanceOf(TokenDecision.Refused.class);
  }

  @Test
  void issuesOnceAndHidesTheTokenFromLogs() {
    var prepared = (PreparedToken) issuer.prepare(request("a"));
    var issued = issuer.issue(prepared);

    assertThatThrownBy(() -> issuer.issue(prepared)).isInstanceOf(IllegalStateException.class);
    assertThat(issued.toString()).doesNotContain(issued.token());
  }

  private static JwtSvidRequest request(String audience) {
    return new JwtSvidRequest(WORKLOAD, List.of(audience), DEFAULT, false);
  }

  private static IssuedJwtSvid issue(JwtIssuer by, JwtSvidRequest request) {
    return by.issue((PreparedToken) by.prepare(request));
  }
}
