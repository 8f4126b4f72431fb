package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.X509Authority;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Which authority a node is said to be of, if it shows an X.509-SVID.
class X509PopSvidsTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-22T10:00:00Z"));

  private static TestAuthority authority(Consumer<TestCertificate> knobs) {
    return TestAuthority.of("example.org", CLOCK, knobs);
  }

  @Test
  void namesTheAuthorityThatSignedAndNoneThatHasItsNameOrItsKey() throws Exception {
    var signer = authority(it -> it.subject("CN=one"));
    var namesake = authority(it -> it.subject("CN=one"));
    var renamed = authority(it -> it.subject("CN=two").key(signer.keyPair()));
    var bundle =
        signer
            .bundle()
            .withX509Authorities(
                Stream.of(namesake, renamed, signer)
                    .map(it -> X509Authority.of(it.certificate()))
                    .toList());
    var sent = signer.subordinate().issue("/nodes/1").chain();

    var trusted =
        X509PopSvids.validate(
            sent,
            new X509PopConfig.Spiffe("/nodes/", CLOCK),
            signer.trustDomain(),
            BundleSource.of(bundle));

    assertThat(trusted.authorities()).isEqualTo(List.of(sent.getLast(), signer.certificate()));
    assertThat(trusted.svidPath()).isEqualTo("1");
  }
}
