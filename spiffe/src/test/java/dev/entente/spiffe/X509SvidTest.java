package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.testkit.TestAuthority;
import java.security.cert.CertificateException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class X509SvidTest {
  private final TestAuthority authority = TestAuthority.of("example.org");

  @Test
  void readsAChainLeafFirst() {
    var made = authority.subordinate().issue("/api");

    var svid = X509Svid.parse(made.chainDer());

    assertThat(svid.id()).isEqualTo(SpiffeId.parse("spiffe://example.org/api"));
    assertThat(svid.chain()).hasSize(2).isEqualTo(made.chain());
    assertThat(svid.leaf()).isEqualTo(made.certificate());
  }

  @Test
  @Tag("Q-23")
  void readsCertificatesThatFollowOneAnotherWithoutADelimiter() {
    var made = authority.subordinate().issue("/api");

    var svid = X509Svid.parseConcatenated(Certificates.concatenate(made.chain()));

    assertThat(svid).isEqualTo(made.svid());
  }

  @Test
  @Tag("-X509-05")
  @Tag("-X509-12")
  void refusesACaCertificateInTheLeafsPlace() {
    assertThatThrownBy(() -> X509Svid.of(List.of(authority.certificate())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the first certificate is a CA's");
  }

  @Test
  void refusesAnIdThatIsNotTheLeafs() {
    var chain = authority.issue("/api").chain();

    assertThatThrownBy(() -> new X509Svid(SpiffeId.parse("spiffe://example.org/b"), chain))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesBytesAfterTheLastCertificate() {
    var der = Certificates.der(authority.issue("/api").certificate());

    assertThatThrownBy(() -> X509Svid.parseConcatenated(Arrays.copyOf(der, der.length + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Tag("+X509-07")
  void refusesAnEmptySubjectWithoutACriticalNameAsTheJdkDoes() {
    assertThat(authority.issue("/api", it -> it.subject("").criticalNames()).svid().id())
        .hasToString("spiffe://example.org/api");
    assertThatThrownBy(() -> authority.issue("/api", it -> it.subject("")))
        .hasRootCauseInstanceOf(CertificateException.class);
  }

  @Test
  void refusesAnEmptyChain() {
    assertThatThrownBy(() -> X509Svid.parse(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesAnAuthorityByItsSubjectKeyId() {
    var keyId = PublicKeys.keyIdentifier(authority.certificate().getPublicKey());

    assertThat(X509Authority.of(authority.certificate()).subjectKeyId())
        .isEqualTo(HexFormat.of().formatHex(keyId));
  }
}
