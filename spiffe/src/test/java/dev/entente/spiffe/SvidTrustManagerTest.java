package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class SvidTrustManagerTest {
  private static final char[] NO_PASSWORD = {};

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestAuthority partner = TestAuthority.of("partner.example");
  private final AtomicReference<BundleSource> bundles =
      new AtomicReference<>(BundleSource.of(authority.bundle(), partner.bundle()));
  private final TestSvid server = authority.issue("/server", it -> it.subject("").criticalNames());

  @Test
  void letsPeersOfTwoTrustDomainsMeetWhateverTheirNames() {
    var client = partner.subordinate().issue("/client");

    assertThatCode(() -> handshake(client, server, id -> true)).doesNotThrowAnyException();
  }

  @Test
  @Tag("-WAPI-23")
  void asksForTheNewestBundleAtEachHandshake() {
    var client = partner.issue("/client");
    bundles.set(BundleSource.of(authority.bundle()));

    assertThatThrownBy(() -> handshake(client, server, id -> true))
        .isInstanceOf(SSLException.class)
        .hasRootCauseInstanceOf(SvidRefusedException.class)
        .hasRootCauseMessage(
            "X509-SVID refused: NO_BUNDLE: no X.509 authority of partner.example is known");
  }

  @Test
  void refusesAPeerThatIsNotAuthorized() {
    Predicate<SpiffeId> serverOnly = id -> id.path().equals("/server");

    assertThatThrownBy(() -> handshake(authority.issue("/client"), server, serverOnly))
        .hasRootCauseMessage(
            "X509-SVID refused: NOT_AUTHORIZED: spiffe://example.org/client is not a peer that is"
                + " let in here");
  }

  @Test
  void refusesAServerWhoseCertificateIsForClients() {
    var clientOnly =
        authority.issue("/server", it -> it.extendedKeyUsage(KeyPurposeId.id_kp_clientAuth));

    assertThatThrownBy(() -> handshake(authority.issue("/client"), clientOnly, id -> true))
        .hasRootCauseInstanceOf(SvidRefusedException.class);
  }

  @Test
  @Tag("-X509-12")
  void refusesAnAuthoritysOwnCertificateAsAPeer() {
    var ca = new TestSvid(List.of(authority.certificate()), authority.keyPair());

    assertThatThrownBy(() -> handshake(ca, server, id -> true))
        .hasRootCauseInstanceOf(SvidRefusedException.class);
  }

  @Test
  void judgesAtTheTimeOfItsClock() throws GeneralSecurityException {
    var chain = authority.issue("/client").chain().toArray(X509Certificate[]::new);
    var now = InstantSource.system();
    var later = InstantSource.fixed(now.instant().plus(Duration.ofHours(2)));

    trustManager(id -> true, now).checkClientTrusted(chain, "UNKNOWN");

    assertThatThrownBy(() -> trustManager(id -> true, later).checkClientTrusted(chain, "UNKNOWN"))
        .isInstanceOfSatisfying(
            SvidRefusedException.class,
            e -> assertThat(e.refused().reason()).isEqualTo(Reason.EXPIRED));
  }

  @Test
  void refusesAnEmptyChain() {
    assertThatThrownBy(() ->
            trustManager(id -> true, InstantSource.system())
                .checkServerTrusted(new X509Certificate[0], "UNKNOWN"))
        .isInstanceOf(SvidRefusedException.class);
  }

  @Test
  void tellsNobodyWhomItTrusts() {
    assertThat(trustManager(id -> true, InstantSource.system()).getAcceptedIssuers()).isEmpty();
  }

  private SvidTrustManager trustManager(Predicate<SpiffeId> authorized, InstantSource clock) {
    return new SvidTrustManager(domain -> bundles.get().find(domain), authorized, clock);
  }

  /// Shakes hands in memory; what one side's trust manager threw comes out.
  private void handshake(TestSvid client, TestSvid server, Predicate<SpiffeId> authorized)
      throws Exception {
    var clientEngine = context(client, id -> true).createSSLEngine("no-such-name.invalid", 1);
    clientEngine.setUseClientMode(true);
    var serverEngine = context(server, authorized).createSSLEngine();
    serverEngine.setUseClientMode(false);
    serverEngine.setNeedClientAuth(true);
    var toServer = ByteBuffer.allocate(1 << 16);
    var toClient = ByteBuffer.allocate(1 << 16);
    for (var i = 0; i < 20; i++) {
      step(clientEngine, toClient, toServer);
      step(serverEngine, toServer, toClient);
    }
    assertThat(clientEngine.getSession().getProtocol()).isEqualTo("TLSv1.3");
    assertThat(serverEngine.getSession().getPeerCertificates()).isEqualTo(client.chain().toArray());
  }

  private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    runTasks(engine);
    if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && engine.getSession().getPeerHost() != null
        && in.position() == 0) {
      return;
    }
    in.flip();
    engine.unwrap(in, ByteBuffer.allocate(1 << 16));
    in.compact();
    runTasks(engine);
    engine.wrap(ByteBuffer.allocate(0), out);
  }

  private static void runTasks(SSLEngine engine) {
    for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  private SSLContext context(TestSvid own, Predicate<SpiffeId> authorized)
      throws GeneralSecurityException {
    var context = SSLContext.getInstance("TLSv1.3");
    var trust = trustManager(authorized, InstantSource.system());
    context.init(keyManagers(own), new TrustManager[] {trust}, null);
    return context;
  }

  private static KeyManager[] keyManagers(TestSvid own) throws GeneralSecurityException {
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      store.setKeyEntry(
          "svid",
          own.keyPair().getPrivate(),
          NO_PASSWORD,
          own.chain().toArray(X509Certificate[]::new));
      var factory = KeyManagerFactory.getInstance("SunX509");
      factory.init(store, NO_PASSWORD);
      return factory.getKeyManagers();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
