package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.testkit.ManualClock;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;

class ServerTrustTest {
  private final ManualClock clock = ManualClock.atPresent();
  private final TestPki pki = new TestPki(FakeBrokers.DOMAIN, clock);
  private final TestPki stranger = new TestPki(FakeBrokers.DOMAIN, clock);
  private final ServerTrust trust =
      ServerTrust.verified(FakeBrokers.DOMAIN, BundleSource.of(pki.bundle(1)), clock);

  private X509Certificate[] chain(TestPki signer, String path) {
    var id = SpiffeId.of(FakeBrokers.DOMAIN, path);
    var key = KeyAlgorithm.EC_P256.generate().getPublic();
    return new X509Certificate[] {signer.issue(id, key, FakeBrokers.TTL)};
  }

  @Test
  void letsInTheServerOfTheTrustDomain() {
    assertThatCode(() -> trust.checkServerTrusted(chain(pki, "/spire/server"), "EC"))
        .doesNotThrowAnyException();
    assertThat(trust.stranger()).isEmpty();
  }

  @Test
  void refusesAnyOtherIdAndCallsItNoStranger() {
    assertThatThrownBy(() -> trust.checkServerTrusted(chain(pki, "/spire/agent/a/b"), "EC"))
        .isInstanceOf(CertificateException.class);
    assertThat(trust.stranger()).isEmpty();
  }

  @Test
  void remembersAStrangerUntilTheNextHandshake() throws CertificateException {
    assertThatThrownBy(() -> trust.checkServerTrusted(chain(stranger, "/spire/server"), "EC"))
        .isInstanceOf(CertificateException.class);
    assertThat(trust.stranger()).isPresent();

    trust.checkServerTrusted(chain(pki, "/spire/server"), "EC");

    assertThat(trust.stranger()).isEmpty();
  }

  @Test
  void withoutVerificationOnlyTheIdCounts() {
    var textual = ServerTrust.textual(FakeBrokers.DOMAIN);

    assertThatCode(() -> textual.checkServerTrusted(chain(stranger, "/spire/server"), "EC"))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> textual.checkServerTrusted(chain(pki, "/spire/servers"), "EC"))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("/spire/servers");
  }
}
