package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAttestedDocuments;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IssuerCertificatesTest {
  private final Instant now = Instant.now();
  private final TestAttestedDocuments azure = TestAttestedDocuments.at(now);
  private final List<URI> asked = new ArrayList<>();

  @Test
  void fetchesACertificateOnceItLedToARoot() throws Exception {
    var issuers =
        new IssuerCertificates(
            List.of(),
            address -> {
              asked.add(address);
              return Certificates.der(azure.issuer());
            });

    assertThat(issuers.above(azure.signer().certificate(), now)).isEqualTo(azure.issuer());
    issuers.keep(azure.signer().certificate(), azure.issuer());
    assertThat(issuers.above(azure.signer(_ -> {}).certificate(), now)).isEqualTo(azure.issuer());
    assertThat(asked).containsExactly(URI.create(TestAttestedDocuments.ISSUER_ADDRESS));
  }

  @Test
  void fetchesAgainWhatIsOutOfDate() throws Exception {
    var issuers =
        new IssuerCertificates(
            List.of(),
            address -> {
              asked.add(address);
              return Certificates.der(azure.issuer());
            });
    var signer = azure.signer().certificate();
    issuers.keep(signer, azure.issuer());

    issuers.above(signer, now);
    assertThat(asked).isEmpty();
    issuers.above(signer, azure.issuer().getNotAfter().toInstant().plusSeconds(1));
    assertThat(asked).hasSize(1);
  }

  @Test
  void doesNotKeepAForgedAnswer() throws Exception {
    var forger = TestAttestedDocuments.at(now);
    var issuers =
        new IssuerCertificates(
            List.of(),
            address -> {
              asked.add(address);
              return Certificates.der(asked.size() == 1 ? forger.issuer() : azure.issuer());
            });
    var chain = new SignerChain(Set.of("metadata.azure.com"), List.of(azure.root()), issuers);
    var signer = azure.signer().certificate();

    assertThatThrownBy(() -> chain.require(signer, List.of(signer), now))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("untrusted-chain");
    chain.require(signer, List.of(signer), now);
    chain.require(signer, List.of(signer), now);

    assertThat(asked).hasSize(2);
  }

  @Test
  void readsPemToo() throws Exception {
    var pem = Pem.encodeCertificates(List.of(azure.issuer()));
    var issuers = new IssuerCertificates(List.of(), _ -> pem.getBytes(StandardCharsets.US_ASCII));

    assertThat(issuers.above(azure.signer().certificate(), now)).isEqualTo(azure.issuer());
  }

  @Test
  void fetchesNothingThatTheOperatorGave() throws Exception {
    var issuers =
        new IssuerCertificates(
            List.of(azure.root(), azure.issuer()),
            address -> {
              throw new IOException("asked for " + address);
            });

    assertThat(issuers.above(azure.signer().certificate(), now)).isEqualTo(azure.issuer());
  }

  @Test
  void takesAnIssuerThatCannotBeFetchedForAFault() throws Exception {
    var issuers =
        new IssuerCertificates(
            List.of(),
            address -> {
              asked.add(address);
              return asked.size() == 1 ? new byte[] {1} : Certificates.der(azure.issuer());
            });

    assertThatThrownBy(() -> issuers.above(azure.signer().certificate(), now))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not fetched");
    assertThat(issuers.above(azure.signer().certificate(), now)).isEqualTo(azure.issuer());
  }

  @Test
  void knowsAzuresRoots() {
    assertThat(AzureRoots.builtIn())
        .extracting(root -> root.getSubjectX500Principal().getName())
        .containsExactly(
            "CN=DigiCert Global Root CA,OU=www.digicert.com,O=DigiCert Inc,C=US",
            "CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US",
            "CN=Microsoft TLS RSA Root G2,O=Microsoft Corporation,C=US");
  }
}
