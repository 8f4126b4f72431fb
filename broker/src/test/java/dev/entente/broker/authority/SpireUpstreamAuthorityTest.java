package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.UpstreamServer.Certified;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.PublicKeys;
import io.vertx.core.Future;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpireUpstreamAuthorityTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final String OUR_NAME = DOMAIN.id().toString();

  private final X509SigningAuthority root = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
  private final SigningKey key = key(KeyAlgorithm.EC_P256);

  private static SigningKey key(KeyAlgorithm algorithm) {
    return new SoftwareKey("x509-CA-A", algorithm, algorithm.generate());
  }

  private static UpstreamAuthority.Request request(SigningKey key) {
    return new UpstreamAuthority.Request(DOMAIN, SubjectName.SPIRE, key, BigInteger.TEN, NOW, DAY);
  }

  @ParameterizedTest
  @EnumSource
  void asksWithARequestThatProvesTheKeyAndNamesOnlyTheTrustDomain(KeyAlgorithm algorithm) {
    var ours = key(algorithm);

    var read = CertificateRequest.parse(AuthorityCsr.der(request(ours)));

    assertThat(PublicKeys.same(read.publicKey(), ours.publicKey())).isTrue();
    assertThat(read.uris()).containsExactly(OUR_NAME);
    assertThat(read.dnsNames()).isEmpty();
    assertThat(read.subject()).hasSize(2);
  }

  @Test
  void takesTheChainAndTheOneRootItLeadsTo() {
    var above = new FakeUpstream(InstantSource.fixed(NOW));
    var left = above.root();
    var active = above.rotate();

    var signed = new SpireUpstreamAuthority(above).sign(request(key));

    assertThat(above.bundle().x509Authorities()).contains(left, active);
    assertThat(signed.root()).isEqualTo(active.certificate());
    assertThat(signed.roots()).containsExactly(active.certificate());
    assertThat(signed.chain()).hasSize(1);
    assertThat(PublicKeys.same(signed.chain().getFirst().getPublicKey(), key.publicKey())).isTrue();
  }

  @Test
  void leadsThroughTheServersOwnAuthorityAndLeavesOutARootAtTheEnd() {
    var between = key(KeyAlgorithm.EC_P384);
    var middle = certificate(root, between.publicKey(), OUR_NAME, NOW.plus(DAY));
    var low = new X509SigningAuthority(between, List.of(Certificates.der(middle)), false);
    var certificate = certificate(low, key.publicKey(), OUR_NAME, NOW.plus(DAY));

    var signed = judged(certificate, middle, root.certificate());

    assertThat(signed.chain()).containsExactly(certificate, middle);
    assertThat(signed.root()).isEqualTo(root.certificate());
  }

  @Test
  void refusesWhatItCannotUse() {
    var end = NOW.plus(DAY);
    var ours = key.publicKey();
    var stranger = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
    var longLived = TestIssuers.x509Authority(KeyAlgorithm.EC_P256, Duration.ofDays(90));

    assertRefused("no certificate");
    assertRefused(
        "not of our key",
        certificate(root, KeyAlgorithm.EC_P256.generate().getPublic(), OUR_NAME, end));
    assertRefused("URI names are", certificate(root, ours, "spiffe://other.example", end));
    assertRefused("URI names are", certificate(root, ours, OUR_NAME + "/spire/server", end));
    assertRefused("may not sign", leaf(ours));
    assertRefused("signed it", certificate(stranger, ours, OUR_NAME, end));
    assertRefused("signed it", certificate(root, ours, OUR_NAME, end), stranger.certificate());
    assertRefused("after those above", certificate(root, ours, OUR_NAME, end.plusSeconds(1)));
    assertRefused("the clock says", certificate(root, ours, OUR_NAME, NOW));
    assertThatThrownBy(() ->
            UpstreamAnswer.judge(
                request(key),
                new Certified(
                    List.of(certificate(longLived, ours, OUR_NAME, NOW.plus(DAY.multipliedBy(2)))),
                    List.of(longLived.certificate()))))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("was asked for");
  }

  @Test
  void saysWhyTheServerDidNotSignOrPublish() {
    var above = new FakeUpstream(InstantSource.fixed(NOW));
    var upstream = new SpireUpstreamAuthority(above);
    var jwt = JwtAuthority.of("k", KeyAlgorithm.EC_P256.generate().getPublic());
    above.away(true);

    assertThatThrownBy(() -> upstream.sign(request(key)))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("above.example:8081")
        .hasMessageContaining("UNAVAILABLE: away");
    assertThatThrownBy(() -> upstream.publish(List.of(jwt)))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("UNAVAILABLE: away");
  }

  @Test
  void believesOnlyAnAnswerThatHasThePublishedKey() {
    var ours = JwtAuthority.of("k", KeyAlgorithm.EC_P256.generate().getPublic());
    var other = JwtAuthority.of("k", KeyAlgorithm.EC_P256.generate().getPublic());

    assertThatThrownBy(() -> new SpireUpstreamAuthority(answering(other)).publish(List.of(ours)))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("did not publish the JWT key \"k\"");
    new SpireUpstreamAuthority(answering(other, ours)).publish(List.of(ours));
  }

  private void assertRefused(String why, X509Certificate... chain) {
    assertThatThrownBy(() -> judged(chain))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining(why);
  }

  private UpstreamAuthority.Signed judged(X509Certificate... chain) {
    return UpstreamAnswer.judge(
        request(key), new Certified(List.of(chain), List.of(root.certificate())));
  }

  private static X509Certificate certificate(
      X509SigningAuthority issuer, PublicKey subject, String uri, Instant notAfter) {
    return sign(issuer.downstream(), issuer, subject, uri, notAfter);
  }

  private X509Certificate leaf(PublicKey subject) {
    return sign(root.leaves(), root, subject, OUR_NAME, NOW.plus(DAY));
  }

  private static X509Certificate sign(
      CertificateTemplate template,
      X509SigningAuthority issuer,
      PublicKey subject,
      String uri,
      Instant notAfter) {
    var variables =
        new CertificateTemplate.Variables(
            BigInteger.valueOf(7),
            NOW.minus(X509Profile.BACKDATE),
            notAfter,
            SubjectName.SPIRE
                .withOnly(SubjectName.Attribute.ORGANIZATIONAL_UNIT, "DOWNSTREAM-1")
                .toDer(),
            subject,
            uri,
            List.of());
    return X509SigningAuthority.read(template.sign(variables, issuer.key()));
  }

  /// Says that these keys are published, whatever it was given.
  private static UpstreamServer answering(JwtAuthority... published) {
    return new UpstreamServer() {
      @Override
      public Future<Certified> certify(byte[] csr, Duration ttl) {
        return Future.failedFuture("not asked here");
      }

      @Override
      public Future<List<JwtAuthority>> publish(JwtAuthority key) {
        return Future.succeededFuture(List.of(published));
      }

      @Override
      public String address() {
        return "above.example:8081";
      }
    };
  }
}
