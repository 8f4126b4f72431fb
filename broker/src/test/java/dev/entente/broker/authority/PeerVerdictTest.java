package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.JwtSvidVerifier;
import dev.entente.spiffe.JwtVerdict;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What we issue, judged by the verifiers every peer of ours runs.
class PeerVerdictTest {
  @ParameterizedTest
  @EnumSource(KeyAlgorithm.class)
  void itsPeersAcceptAnX509Svid(KeyAlgorithm algorithm) {
    var authority = TestIssuers.x509Authority(algorithm);
    var issued =
        issue(
            TestIssuers.x509Issuer(authority),
            new X509SvidRequest.Workload(
                WORKLOAD,
                algorithm.generate().getPublic(),
                Duration.ZERO,
                List.of("a.example.org")));

    assertThat(X509SvidVerifier.verifyDer(issued.chain(), trusting(authority), NOW))
        .isInstanceOf(X509Verdict.Verified.class);
    assertThat(
            X509SvidVerifier.verifyDer(
                issued.chain(), trusting(authority), issued.notAfter().plusSeconds(1)))
        .isInstanceOf(X509Verdict.Refused.class);
  }

  @Test
  void itsPeersAcceptASvidOfABrokerBelow() {
    var root = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
    var key = new MemoryKeyManager().generate("x509-CA-A", KeyAlgorithm.EC_P256);
    var below =
        issue(
            TestIssuers.x509Issuer(root),
            new X509SvidRequest.DownstreamCa(key.publicKey(), Duration.ofHours(2)));
    var issuer = TestIssuers.x509Issuer(new X509SigningAuthority(key, below.chain(), false));
    var leaf =
        issue(
            issuer,
            new X509SvidRequest.Workload(
                WORKLOAD, KeyAlgorithm.EC_P256.generate().getPublic(), Duration.ZERO, List.of()));

    assertThat(X509SvidVerifier.verifyDer(leaf.chain(), trusting(root), NOW))
        .isInstanceOf(X509Verdict.Verified.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sts.amazonaws.com", "api://AzureADTokenExchange", "a\"\\ü☃"})
  void itsPeersAcceptAJwtSvid(String audience) {
    var generation = TestIssuers.jwtGeneration(Duration.ofHours(1));
    var issuer = TestIssuers.jwtIssuer(JwtProfile.of(DOMAIN), generation);
    var request = new JwtSvidRequest(WORKLOAD, List.of(audience), Duration.ZERO, true);
    var token = issuer.issue((PreparedToken) issuer.prepare(request)).token();
    var bundles =
        BundleSource.of(SpiffeBundle.empty(DOMAIN).withJwtAuthorities(generation.authorities()));

    var verifier = new JwtSvidVerifier();

    assertThat(verifier.verify(token, Set.of(audience), bundles, NOW))
        .isInstanceOf(JwtVerdict.Verified.class);
    assertThat(verifier.verify(token, Set.of("other"), bundles, NOW))
        .isInstanceOf(JwtVerdict.Refused.class);
  }

  private static BundleSource trusting(X509SigningAuthority authority) {
    return BundleSource.of(
        SpiffeBundle.empty(DOMAIN)
            .withX509Authorities(List.of(X509Authority.of(authority.certificate()))));
  }

  private static IssuedX509Svid issue(X509Issuer by, X509SvidRequest request) {
    return by.issue((PreparedX509Svid) by.prepare(request));
  }
}
