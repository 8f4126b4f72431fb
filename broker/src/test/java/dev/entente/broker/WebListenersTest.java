package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.PrivateKeys;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Two Web PKI blocks on one port, as a partner's client and a relying party of OpenID Connect see
/// them: strangers that trust one web authority and check the name.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebListenersTest {
  private static final String BUNDLES = "bundles.test";
  private static final String ISSUER = "issuer.test";
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int PORT = 28443;

  /// Of our own, so that nobody else has the port.
  private final String address = "127.88." + random() + "." + random();

  private final WebCertificates authority = WebCertificates.authority();
  private CertificateFiles bundleFiles;
  private TestBroker broker;

  private static int random() {
    return ThreadLocalRandom.current().nextInt(1, 255);
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    bundleFiles = new CertificateFiles(directory.resolve("b.crt"), directory.resolve("b.key"));
    var issuerFiles = new CertificateFiles(directory.resolve("i.crt"), directory.resolve("i.key"));
    authority.certify(bundleFiles, 1, BUNDLES);
    authority.certify(issuerFiles, 100, ISSUER);
    broker =
        TestBroker.start(
            directory,
            """
            jwt-issuer: https://issuer.test
            listeners:
              - kind: bundle-https-web
                address: ADDRESS
                hosts: ["bundles.test:28443"]
                path: /bundle
                certificate-file: DIRECTORY/b.crt
                key-file: DIRECTORY/b.key
              - kind: oidc
                address: ADDRESS
                certificate-file: DIRECTORY/i.crt
                key-file: DIRECTORY/i.key
            """
                .replace("ADDRESS", address + ":" + PORT)
                .replace("DIRECTORY", directory.toString()));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  /// What a client got.
  ///
  /// @param certificate the server's, proven and of the name asked for
  /// @param answer status line, headers and body
  private record Reply(X509Certificate certificate, String answer) {
    int serial() {
      return certificate.getSerialNumber().intValueExact();
    }
  }

  /// Greets `name`, checks the certificate against the web authority, and asks `host` for `path`.
  private Reply get(String name, String host, String path) throws Exception {
    try (var socket = greet(name)) {
      socket.startHandshake();
      var request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return new Reply(shown, answer);
    }
  }

  /// A connection on which the handshake is about to begin.
  private SSLSocket greet(String name) throws Exception {
    var plain = new Socket();
    plain.connect(new InetSocketAddress(InetAddress.getByName(address), PORT), TIMEOUT_MILLIS);
    plain.setSoTimeout(TIMEOUT_MILLIS);
    var factory = context().getSocketFactory();
    var socket = (SSLSocket) factory.createSocket(plain, name, PORT, true);
    var parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    return socket;
  }

  private SSLContext context() throws Exception {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("web", authority.certificate());
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private Reply bundle() throws Exception {
    return get(BUNDLES, BUNDLES + ":" + PORT, "/bundle");
  }

  /// TLS 1.2 lets a client begin again whenever it likes.
  @Test
  void nobodyShakesHandsForEver() throws Exception {
    try (var socket = greet(BUNDLES)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  socket.startHandshake();
                  askForNothing(socket);
                }
              })
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
    }
  }

  /// What was begun of a handshake goes on while an answer is read.
  private static void askForNothing(SSLSocket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nHost: bundles.test\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    var in = socket.getInputStream();
    if (in.readNBytes("HTTP/1.1 404".length()).length == 0) {
      throw new EOFException();
    }
    in.skipNBytes(in.available());
  }

  @Test
  @Tag("+FED-31")
  void eachNameHasItsOwnCertificateAndDocuments() throws Exception {
    var bundle = bundle();
    var discovery = get(ISSUER, ISSUER, "/.well-known/openid-configuration");

    assertThat(bundle.answer()).startsWith("HTTP/1.1 200").contains("\"spiffe_sequence\"");
    assertThat(discovery.answer()).startsWith("HTTP/1.1 200").contains("\"jwks_uri\"");
    assertThat(discovery.serial()).isEqualTo(100);
    assertThat(bundle.serial()).isLessThan(100);
  }

  @Test
  void aDocumentIsNotServedUnderTheOthersName() throws Exception {
    assertThat(get(ISSUER, ISSUER, "/bundle").answer()).startsWith("HTTP/1.1 404");
    assertThat(get(BUNDLES, BUNDLES + ":" + PORT, "/keys").answer()).startsWith("HTTP/1.1 404");
    assertThat(get(BUNDLES, "elsewhere.test", "/bundle").answer()).startsWith("HTTP/1.1 421");
  }

  @Test
  void aNameNobodyHasGetsNoCertificate() {
    assertThatThrownBy(() -> get("other.test", "other.test", "/bundle"))
        .isInstanceOfAny(SSLException.class, IOException.class);
  }

  @Test
  @Tag("+FED-30")
  void replacedFilesAreShownFromTheNextHandshakeOnAndABadPairIsNot() throws Exception {
    authority.certify(bundleFiles, 2, BUNDLES);
    newer(bundleFiles, 1);
    broker.broker.reload();

    assertThat(bundle().serial()).isEqualTo(2);

    var foreign = KeyAlgorithm.EC_P256.generate().getPrivate();
    Files.writeString(bundleFiles.key(), PrivateKeys.toPem(foreign));
    newer(bundleFiles, 2);
    broker.broker.reload();
    assertThat(bundle())
        .satisfies(reply -> {
          assertThat(reply.certificate().getSerialNumber()).isEqualTo(BigInteger.TWO);
          assertThat(reply.answer()).startsWith("HTTP/1.1 200");
        });

    authority.certify(bundleFiles, 3, BUNDLES);
    newer(bundleFiles, 3);
    broker.broker.reload();
    assertThat(bundle().serial()).isEqualTo(3);
  }

  /// A change within one tick of the file system's clock would go unnoticed.
  private static void newer(CertificateFiles files, int minutes) throws IOException {
    var time = FileTime.from(Instant.now().plusSeconds(60L * minutes));
    Files.setLastModifiedTime(files.certificate(), time);
    Files.setLastModifiedTime(files.key(), time);
  }
}
