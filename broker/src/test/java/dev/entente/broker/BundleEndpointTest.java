package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.io.DataInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The bundle endpoint as the client of a partner sees it, who shows nothing of itself (SPIFFE
/// Federation §5.2.1.3, §5.2.2.3).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BundleEndpointTest {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;

  private TestBroker broker;
  private X509Certificate webCertificate;

  /// How an endpoint proves itself.
  enum Profile {
    WEB,
    SPIFFE
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    var files = new CertificateFiles(directory.resolve("web.crt"), directory.resolve("web.key"));
    webCertificate = WebCertificates.write(files, 1);
    broker =
        TestBroker.start(
            directory,
            """
            listeners:
              - kind: bundle-https-web
                address: 127.0.0.1:0
                path: /a/deep/path
                certificate-file: CERT
                key-file: KEY
              - {kind: bundle-https-spiffe, address: "127.0.0.1:0", path: /a/deep/path}
              - kind: bundle-https-web
                address: 127.0.0.1:0
                certificate-file: CERT
                key-file: KEY
                moved-to: https://elsewhere.example/bundle
              - kind: bundle-https-spiffe
                address: 127.0.0.1:0
                moved-to: https://elsewhere.example/bundle
            """
                .replace("CERT", files.certificate().toString())
                .replace("KEY", files.key().toString()));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  @ParameterizedTest
  @EnumSource
  @Tag("+FED-01")
  @Tag("-FED-01")
  @Tag("+FED-19")
  @Tag("+FED-25")
  @Tag("+FED-34")
  @Tag("+FED-35")
  @Tag("+FED-36")
  @Tag("+FED-63")
  @Tag("+FED-64")
  void servesTheBundleToAGetOfItsPathAsUtf8Json(Profile profile) throws Exception {
    var answer = ask(profile, "GET", "/a/deep/path");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().allValues("content-type")).containsExactly("application/json");
    var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(answer.body()));
    assertThat(text.toString()).startsWith("{\"keys\":[");
    assertThat(parse(answer).x509Authorities()).isNotEmpty();
    assertThat(ask(profile, "POST", "/a/deep/path").statusCode()).isEqualTo(405);
    for (var path : new String[] {"/", "/a/deep", "/a/deep/path/", "/other"}) {
      assertThat(ask(profile, "GET", path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("+FED-37")
  @Tag("+FED-39")
  @Tag("-FED-39")
  @Tag("+FED-65")
  @Tag("+FED-68")
  @Tag("-FED-68")
  void sendsReadersToWhereTheBundleIsForTheTimeBeing(Profile profile) throws Exception {
    var port = broker.broker.httpsPorts().get(profile == Profile.WEB ? 2 : 3);

    var answer = ask(profile, "GET", port, "/");

    assertThat(answer.statusCode()).isEqualTo(307);
    assertThat(answer.headers().allValues("location"))
        .containsExactly("https://elsewhere.example/bundle");
    assertThat(answer.body()).isEmpty();
    assertThat(ask(profile, "GET", port, "/other").statusCode()).isEqualTo(404);
    assertThat(ask(profile, "POST", port, "/").statusCode()).isEqualTo(405);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("+FED-17")
  @Tag("+FED-33")
  @Tag("+FED-62")
  void servesANewKeyAtTheSameUrlAsSoonAsItIsPrepared(Profile profile) throws Exception {
    var before = parse(ask(profile, "GET", "/a/deep/path"));

    var prepared = broker.prepareX509Authority();

    var after = parse(ask(profile, "GET", "/a/deep/path"));
    assertThat(before.x509Authority(prepared.getAuthorityId())).isEmpty();
    assertThat(after.x509Authority(prepared.getAuthorityId())).isPresent();
    assertThat(after.sequence().orElseThrow()).isGreaterThan(before.sequence().orElseThrow());
  }

  @ParameterizedTest
  @EnumSource
  @Tag("+FED-20")
  @Tag("+FED-32")
  @Tag("-FED-32")
  @Tag("+FED-61")
  void asksNobodyForACertificateUnderTls12AndTls13(Profile profile) throws Exception {
    for (var version : new String[] {"TLSv1.2", "TLSv1.3"}) {
      var keys = new AskedKeys();
      try (var socket = connect(profile, keys)) {
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        assertThat(socket.getSession().getProtocol()).isEqualTo(version);
      }
      assertThat(keys.wasAsked()).as(version).isFalse();
    }
    assertThat(ask(profile, "GET", "/a/deep/path").statusCode()).isEqualTo(200);
  }

  @Test
  @Tag("+FED-31")
  void showsAWebCertificateThatNamesTheHost() throws Exception {
    try (var socket = connect(Profile.WEB, new AskedKeys())) {
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);

      socket.startHandshake();

      assertThat(socket.getSession().getPeerCertificates()).containsExactly(webCertificate);
    }
  }

  @Test
  @Tag("+FED-60")
  void showsAnSvidOfTheBrokerThatVerifies() throws Exception {
    try (var socket = connect(Profile.SPIFFE, new AskedKeys())) {
      socket.startHandshake();
      var chain =
          Arrays.stream(socket.getSession().getPeerCertificates())
              .map(X509Certificate.class::cast)
              .toList();

      assertThat(X509SvidVerifier.verify(chain, broker.bundles(), Instant.now()))
          .isInstanceOfSatisfying(
              X509Verdict.Verified.class,
              verified -> assertThat(verified.svid().id()).isEqualTo(server()));
    }
  }

  /// Greetings that a JDK of our day no longer sends by itself, so they are written by hand.
  ///
  /// @param version of TLS, and `suite` the only one offered, both as they are on the wire
  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource({
    "0303, C02B, HANDSHAKE, TLS 1.2 ECDHE_ECDSA_AES_128_GCM",
    "0303, C02C, HANDSHAKE, TLS 1.2 ECDHE_ECDSA_AES_256_GCM",
    "0303, CCA9, HANDSHAKE, TLS 1.2 ECDHE_ECDSA_CHACHA20_POLY1305",
    "0303, C009, ALERT, TLS 1.2 ECDHE_ECDSA_AES_128_CBC_SHA",
    "0303, C023, ALERT, TLS 1.2 ECDHE_ECDSA_AES_128_CBC_SHA256",
    "0303, C024, ALERT, TLS 1.2 ECDHE_ECDSA_AES_256_CBC_SHA384",
    "0303, C008, ALERT, TLS 1.2 ECDHE_ECDSA_3DES",
    "0303, C007, ALERT, TLS 1.2 ECDHE_ECDSA_RC4",
    "0302, C009, ALERT, TLS 1.1",
    "0301, C009, ALERT, TLS 1.0",
  })
  @Tag("+FED-20")
  @Tag("-FED-20")
  void keepsToTheIntermediateRecommendationsForTls(
      String version, String suite, String expected, String name) throws Exception {
    for (var profile : Profile.values()) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port(profile))) {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.getOutputStream().write(greeting(version, suite));

        int record = new DataInputStream(socket.getInputStream()).readUnsignedByte();

        assertThat(record)
            .as(name + " at " + profile)
            .isEqualTo(expected.equals("ALERT") ? ALERT : HANDSHAKE);
      }
    }
  }

  /// A ClientHello (RFC 5246 §7.4.1.2) for `localhost` with the groups and signatures of our keys.
  private static byte[] greeting(String version, String suite) {
    var extensions =
        "0000000e000c0000096c6f63616c686f7374"
            + "000a00060004001d0017"
            + "000b00020100"
            + "000d000a00080403050304010804";
    var body =
        version
            + "11".repeat(32)
            + "00"
            + "0002"
            + suite
            + "0100"
            + "%04x".formatted(extensions.length() / 2)
            + extensions;
    var handshake = "01" + "%06x".formatted(body.length() / 2) + body;
    return HexFormat.of().parseHex("160301" + "%04x".formatted(handshake.length() / 2) + handshake);
  }

  private SpiffeId server() {
    return SpiffeId.of(TestBroker.DOMAIN, "/spire/server");
  }

  private int port(Profile profile) {
    return broker.broker.httpsPorts().get(profile == Profile.WEB ? 0 : 1);
  }

  private HttpResponse<byte[]> ask(Profile profile, String method, String path) throws Exception {
    return ask(profile, method, port(profile), path);
  }

  private HttpResponse<byte[]> ask(Profile profile, String method, int port, String path)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    try (var client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(context(profile, new AskedKeys()))
            .build()) {
      return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static SpiffeBundle parse(HttpResponse<byte[]> answer) {
    return BundleDocument.parse(TestBroker.DOMAIN, answer.body());
  }

  private SSLSocket connect(Profile profile, AskedKeys keys) throws Exception {
    var plain = new Socket(InetAddress.getLoopbackAddress(), port(profile));
    plain.setSoTimeout(TIMEOUT_MILLIS);
    var factory = context(profile, keys).getSocketFactory();
    return (SSLSocket) factory.createSocket(plain, "localhost", port(profile), true);
  }

  private SSLContext context(Profile profile, AskedKeys keys) throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(new AskedKeys[] {keys}, trust(profile), null);
    return context;
  }

  private TrustManager[] trust(Profile profile) throws Exception {
    if (profile == Profile.SPIFFE) {
      return new TrustManager[] {
        new SvidTrustManager(broker.bundles(), server()::equals, InstantSource.system())
      };
    }
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("web", webCertificate);
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust.getTrustManagers();
  }
}
