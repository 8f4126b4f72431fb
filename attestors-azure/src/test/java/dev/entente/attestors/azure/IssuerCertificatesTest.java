package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAttestedDocuments;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x509.Extension;
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
    issuers.above(signer, azure.issuer().getNotAfter().toInstant());
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
              return asked.size() < 3
                  ? new byte[asked.size() - 1]
                  : Certificates.der(azure.issuer());
            });

    assertThatThrownBy(() -> issuers.above(azure.signer().certificate(), now))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not fetched");
    assertThatThrownBy(() -> issuers.above(azure.signer().certificate(), now))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not fetched");
    assertThat(issuers.above(azure.signer().certificate(), now)).isEqualTo(azure.issuer());
  }

  @Test
  void keepsSixtyFourAndBeginsAnewWithTheNext() throws Exception {
    var issuers =
        new IssuerCertificates(
            List.of(),
            address -> {
              asked.add(address);
              return Certificates.der(azure.issuer());
            });
    for (int i = 0; i < 64; i++) {
      issuers.keep(signer(i), azure.issuer());
    }
    issuers.keep(signer(63), azure.issuer());

    issuers.above(signer(0), now);
    assertThat(asked).isEmpty();
    issuers.keep(signer(64), azure.issuer());
    issuers.above(signer(64), now);
    assertThat(asked).isEmpty();
    issuers.above(signer(0), now);
    assertThat(asked).hasSize(1);
  }

  private X509Certificate signer(int number) {
    var address = "http://www.microsoft.com/pkiops/certs/" + number + ".crt";
    return azure
        .signer(it ->
            it.extension(Extension.authorityInfoAccess, false, TestAttestedDocuments.at(address)))
        .certificate();
  }

  @Test
  void fetchesWhatAServerAnswersAndNoErrorPage() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var good = exchange.getRequestURI().getPath().equals("/good");
            exchange.sendResponseHeaders(good ? 200 : 404, 2);
            exchange.getResponseBody().write(new byte[] {1, 2});
          }
        });
    server.start();
    try {
      var address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
      var fetch = IssuerCertificates.Fetch.overHttp();

      assertThat(fetch.get(address.resolve("/good"))).containsExactly(1, 2);
      assertThatThrownBy(() -> fetch.get(address.resolve("/bad")))
          .isInstanceOf(IOException.class)
          .hasMessage("answer 404");
    } finally {
      server.stop(0);
    }
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
