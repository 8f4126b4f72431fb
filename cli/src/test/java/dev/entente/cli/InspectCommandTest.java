package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `entente inspect` of certificates, in files and on servers.
class InspectCommandTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @TempDir Path directory;

  private final TestAuthority authority =
      TestAuthority.of("example.org", InstantSource.fixed(Console.NOW));
  private final TestSvid svid = authority.subordinate().issue("/web");
  private final Console console = new Console();

  @Test
  void describesALeafAndTheChainAboveIt() throws Exception {
    var file = write("svid.pem", Pem.encodeCertificates(svid.chain()));

    assertThat(console.run("inspect", file)).isZero();

    var blocks = console.out().split("\n\n");
    assertThat(blocks).hasSize(2);
    assertThat(blocks[0].lines())
        .contains(
            "kind       certificate",
            "uris       spiffe://example.org/web",
            "begins     2026-11-22T11:59:50Z (10s ago)",
            "expires    2026-11-22T13:00:00Z (in 1h)",
            "key        EC 256 bits",
            "key usage  digitalSignature")
        .noneMatch(line -> line.startsWith("verdict"));
    assertThat(blocks[1].lines())
        .contains("kind       CA certificate", "key usage  keyCertSign cRLSign");
  }

  @Test
  void saysWhetherABundleVouchesForIt() throws Exception {
    var file = write("svid.pem", Pem.encodeCertificates(svid.chain()));
    var stranger = TestAuthority.of("example.org", InstantSource.fixed(Console.NOW));

    assertThat(inspect(file, authority)).isZero();
    assertThat(console.out()).contains("verdict    valid\n");

    assertThat(inspect(file, stranger)).isEqualTo(1);
    assertThat(console.out()).contains("verdict    refused, ");
  }

  @Test
  void asksWhoseBundleItIs() throws Exception {
    var file = write("svid.pem", Pem.encodeCertificates(svid.chain()));

    assertThat(console.run("inspect", file, "--bundle", file)).isEqualTo(2);

    assertThat(console.err()).contains("--bundle needs --trust-domain");
  }

  @ParameterizedTest
  @CsvSource({
    "not a certificate, PEM line 1 is not the start of a CERTIFICATE",
    "'', PEM without a CERTIFICATE",
    "-----BEGIN CERTIFICATE-----, PEM CERTIFICATE has no end line"
  })
  void refusesAFileThatHoldsNothingItKnows(String text, String why) throws Exception {
    assertThat(console.run("inspect", write("f", text))).isEqualTo(1);

    assertThat(console.err())
        .isEqualTo("error[FAILED]: it was not recognised\ncause: " + why + "\n");
    assertThat(console.out()).isEmpty();
  }

  @Test
  void recognisesAPrivateKeyAndKeepsItToItself() throws Exception {
    var key = Pem.encode(Pem.PRIVATE_KEY, svid.keyPair().getPrivate().getEncoded());

    assertThat(console.run("inspect", write("key.pem", key))).isZero();

    assertThat(console.out()).isEqualTo("kind  private key, it is not shown\n");
  }

  @Test
  void saysThatThereIsNoSuchThing() {
    assertThat(console.run("inspect", directory + "/none.pem")).isEqualTo(3);

    assertThat(console.err())
        .startsWith("error[NOT_FOUND]: ")
        .contains("none.pem\" is no file, no token and no host:port");
  }

  /// One that wants a client's certificate has shown its own before it misses that.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void describesTheChainThatAServerShows(boolean wantsClients) throws Exception {
    var server = server(wantsClients);
    try {
      var address = "127.0.0.1:" + server.getAddress().getPort();

      assertThat(inspect(address, authority)).isZero();
    } finally {
      server.stop(0);
    }

    assertThat(console.out().split("\n\n")).hasSize(2);
    assertThat(console.out())
        .startsWith("kind       certificate\nuris       spiffe://example.org/web\n")
        .contains("verdict    valid\n", "kind       CA certificate\n");
  }

  /// A port that is taken and not listened at, so that nobody else can listen there meanwhile.
  @Test
  void saysThatNobodyListens() throws Exception {
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress(LOOPBACK, 0));
      var address = "127.0.0.1:" + taken.getLocalPort();

      assertThat(console.run("inspect", address)).isEqualTo(7);

      assertThat(console.err())
          .startsWith("error[UNREACHABLE]: " + address + " showed no certificate\ncause: ");
    }
    assertThat(console.out()).isEmpty();
  }

  @Test
  void waitsNoLongerThanItWasToldForAServerThatIsSilent() throws Exception {
    try (var silent = new ServerSocket(0, 1, LOOPBACK)) {
      var address = "127.0.0.1:" + silent.getLocalPort();

      assertThat(console.run("inspect", address, "--timeout", "200ms")).isEqualTo(7);

      assertThat(console.err()).contains(address + " showed no certificate");
    }
  }

  /// A socket takes zero for ever.
  @Test
  void refusesToWaitForNoTimeAtAll() throws Exception {
    try (var silent = new ServerSocket(0, 1, LOOPBACK)) {
      var address = "127.0.0.1:" + silent.getLocalPort();

      assertThat(console.run("inspect", address, "--timeout", "0s")).isEqualTo(2);

      assertThat(console.err()).startsWith("error[USAGE]: --timeout of 0s is too short");
    }
  }

  @Test
  void refusesAPortThatThereIsNot() {
    assertThat(console.run("inspect", "127.0.0.1:65536")).isEqualTo(2);

    assertThat(console.err()).contains("port 65536 is outside 0 to 65535");
  }

  private int inspect(String what, TestAuthority trusted) throws Exception {
    var bundle = directory.resolve("bundle.json");
    Files.write(bundle, BundleDocument.toJson(trusted.bundle()));
    return console.run(
        "inspect", what, "--bundle", bundle.toString(), "--trust-domain", "example.org");
  }

  private String write(String name, String text) throws Exception {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private HttpsServer server(boolean wantsClients) throws Exception {
    var server = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context()) {
          @Override
          public void configure(HttpsParameters parameters) {
            var tls = getSSLContext().getDefaultSSLParameters();
            tls.setNeedClientAuth(wantsClients);
            parameters.setSSLParameters(tls);
          }
        });
    server.start();
    return server;
  }

  private SSLContext context() throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "svid",
        svid.keyPair().getPrivate(),
        new char[0],
        svid.chain().toArray(X509Certificate[]::new));
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
