package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.node.Bootstrap.BundleFile;
import dev.entente.agent.node.Bootstrap.Format;
import dev.entente.agent.node.BrokerConnector.Credentials;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootstrapTrustTest {
  @TempDir Path dir;

  private final ManualClock clock = ManualClock.atPresent();
  private final TestPki pki = new TestPki(FakeBrokers.DOMAIN, clock);

  private Future<Credentials> load(Bootstrap bootstrap, byte[] download) {
    return new BootstrapTrust(
            new ManualContext(clock),
            FakeBrokers.DOMAIN,
            bootstrap,
            _ -> Future.succeededFuture(download))
        .load();
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(dir.resolve("bundle"), bytes);
  }

  private byte[] pem() {
    return Pem.encodeCertificates(List.of(pki.authority())).getBytes(StandardCharsets.US_ASCII);
  }

  private void assertTrustsTheAuthority(Future<Credentials> loaded) {
    assertThat(loaded.result())
        .isInstanceOfSatisfying(
            Credentials.Anonymous.class,
            it ->
                assertThat(it.trust().find(FakeBrokers.DOMAIN).orElseThrow().x509Authorities())
                    .isEqualTo(pki.bundle(1).x509Authorities()));
  }

  @Test
  void readsPemFromAFile() throws IOException {
    assertTrustsTheAuthority(load(new BundleFile(write(pem()), Format.PEM), new byte[0]));
  }

  @Test
  void readsABundleDocumentFromAFile() throws IOException {
    var document = BundleDocument.toJson(pki.bundle(1));

    assertTrustsTheAuthority(load(new BundleFile(write(document), Format.SPIFFE), new byte[0]));
  }

  @Test
  void readsFromAUrl() {
    var url =
        new Bootstrap.BundleUrl(URI.create("https://a.example/b"), Optional.empty(), Format.PEM);

    assertTrustsTheAuthority(load(url, pem()));
  }

  @Test
  void insecureBootstrapChecksNoChain() {
    assertThat(load(new Bootstrap.Insecure(), new byte[0]).result())
        .isEqualTo(new Credentials.AnonymousUnverified());
  }

  @Test
  void aMissingFileIsNamed() {
    var loaded = load(new BundleFile(dir.resolve("none"), Format.PEM), new byte[0]);

    assertThat(loaded.cause()).isInstanceOf(BrokerFault.class).hasMessageContaining("none");
  }

  @Test
  void aBundleWithoutAuthorityIsRefused() throws IOException {
    var file = write("{\"keys\":[]}".getBytes(StandardCharsets.UTF_8));

    assertThat(load(new BundleFile(file, Format.SPIFFE), new byte[0]).cause())
        .hasMessageContaining("no X.509 authority");
  }

  @Test
  void aBundleOfAMebibyteIsTheLargestRead() throws IOException {
    var file = write(new byte[BootstrapTrust.BUNDLE_MAX_BYTES + 1]);

    assertThat(load(new BundleFile(file, Format.PEM), new byte[0]).cause())
        .hasMessageContaining("larger than 1048576 bytes");
  }

  @Test
  void httpNeedsAUnixSocket() {
    var http = URI.create("http://localhost/b");

    assertThat(new Bootstrap.BundleUrl(http, Optional.of(Path.of("/s")), Format.PEM).url())
        .isEqualTo(http);
    assertThatThrownBy(() -> new Bootstrap.BundleUrl(http, Optional.empty(), Format.PEM))
        .hasMessageContaining("https");
  }
}
