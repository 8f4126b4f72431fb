package dev.entente.rpc;

import static dev.entente.rpc.ServerCallTest.refusal;
import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestSvid;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.grpc.common.GrpcStatus;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TlsTest {
  private static final GetAgentRequest REQUEST =
      GetAgentRequest.newBuilder().setId(SPIFFEID.newBuilder().setPath("/a")).build();

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestServer server = new TestServer();
  private final Recording serverTrust = new Recording();
  private final Recording clientTrust = new Recording();
  private final AtomicReference<Optional<TlsIdentity>> serverIdentity =
      new AtomicReference<>(Optional.of(identity("/server")));
  private final AtomicReference<Optional<TlsIdentity>> clientIdentity =
      new AtomicReference<>(Optional.of(identity("/client")));

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private TlsIdentity identity(String path) {
    TestSvid svid = authority.issue(path);
    return new TlsIdentity(svid.keyPair().getPrivate(), svid.chain());
  }

  /// Trusts every chain but those of a serial it was told to refuse, and counts how often it is
  /// asked.
  private static final class Recording implements X509TrustManager {
    final BlockingQueue<List<X509Certificate>> chains = new LinkedBlockingQueue<>();
    final AtomicInteger asked = new AtomicInteger();
    volatile boolean refuse;

    private void check(X509Certificate[] chain) throws CertificateException {
      asked.incrementAndGet();
      chains.add(List.of(chain));
      if (refuse) {
        throw new CertificateException("refused by the test");
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private RpcServer listen(Duration age) throws Exception {
    return await(
        RpcServer.listen(
            server.vertx,
            new TlsListener("127.0.0.1", 0, serverIdentity::get, serverTrust, age, 1),
            server.router));
  }

  private RpcServer listen() throws Exception {
    return listen(TlsListener.DEFAULT_CONNECTION_AGE);
  }

  private RpcClient client(int port) {
    return RpcClient.overTls(
        server.vertx, new TlsTarget("127.0.0.1", port, clientTrust, clientIdentity::get));
  }

  private void call(RpcClient client) throws Exception {
    await(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));
  }

  @Test
  void showsTheHandlerTheClientsChain() throws Exception {
    call(client(listen().port()));

    assertThat(server.calls.getFirst().peer())
        .isInstanceOfSatisfying(
            TlsPeer.class,
            peer -> assertThat(peer.chain()).isEqualTo(clientIdentity.get().orElseThrow().chain()));
  }

  @Test
  void letsAClientInThatShowsNoCertificate() throws Exception {
    clientIdentity.set(Optional.empty());

    call(client(listen().port()));

    var peer = (TlsPeer) server.calls.getFirst().peer();
    assertThat(peer.isAuthenticated()).isFalse();
    assertThat(serverTrust.asked).hasValue(0);
  }

  @Test
  void keepsAClientOutWhoseChainIsRefused() throws Exception {
    serverTrust.refuse = true;
    var client = client(listen().port());

    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void callsNoServerWhoseChainIsRefused() throws Exception {
    clientTrust.refuse = true;
    var client = client(listen().port());

    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void showsRotatedSvidsOnTheNextConnection() throws Exception {
    var client = client(listen().port());
    call(client);
    TlsIdentity newServer = identity("/server");
    TlsIdentity newClient = identity("/client");
    serverIdentity.set(Optional.of(newServer));
    clientIdentity.set(Optional.of(newClient));

    call(client);
    assertThat(clientTrust.asked).hasValue(1);
    client.renewConnection(Duration.ofSeconds(1));
    call(client);

    take(clientTrust.chains);
    assertThat(take(clientTrust.chains)).isEqualTo(newServer.chain());
    var peer = (TlsPeer) server.calls.getLast().peer();
    assertThat(peer.chain()).isEqualTo(newClient.chain());
  }

  @Test
  void asksTheTrustManagersAtEveryConnectionOfOneClient() throws Exception {
    var client = client(listen().port());
    for (int i = 1; i <= 4; i++) {
      call(client);
      assertThat(serverTrust.asked).hasValue(i);
      assertThat(clientTrust.asked).hasValue(i);
      client.renewConnection(Duration.ofSeconds(1));
    }
  }

  @Test
  void givesNoClientASessionToComeBackWith() throws Exception {
    int port = listen().port();
    // A client of the JDK's own, which resumes whenever it is given a ticket.
    var context = SSLContext.getInstance("TLS");
    var keys = new SvidKeyManager(clientIdentity::get);
    context.init(new KeyManager[] {keys}, new TrustManager[] {clientTrust}, null);

    for (int i = 1; i <= 3; i++) {
      try (var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        // The server's SETTINGS follow any ticket: once they are here, so would the ticket be.
        assertThat(socket.getInputStream().read()).isNotNegative();
        assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
      }
      assertThat(clientTrust.asked).hasValue(i);
    }
  }

  @Test
  void refusesTls12() throws Exception {
    int port = listen().port();
    var context = SSLContext.getInstance("TLSv1.2");
    context.init(null, new TrustManager[] {clientTrust}, null);

    try (var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThat(catchThrowable(socket::startHandshake)).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void asksAnOldConnectionToGoAndServesTheNext() throws Exception {
    var client = client(listen(Duration.ofMillis(300)).port());
    call(client);
    long first = server.calls.getFirst().connectionId();
    var gone = new LinkedBlockingQueue<Boolean>();
    server.calls.getFirst().onConnectionClose(() -> gone.add(true));

    assertThat(take(gone)).isTrue();
    call(client);

    assertThat(server.calls.getLast().connectionId()).isNotEqualTo(first);
  }

  @Test
  void disconnectsABannedPeer() throws Exception {
    var listening = listen();
    var client = client(listening.port());
    call(client);
    var gone = new LinkedBlockingQueue<Boolean>();
    server.calls.getFirst().onConnectionClose(() -> gone.add(true));
    serverTrust.refuse = true;

    listening.disconnect(
        peer -> peer instanceof TlsPeer tls && tls.isAuthenticated(),
        RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "agent is banned"));

    assertThat(take(gone)).isTrue();
    RpcStatus status = refusal(client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG));
    assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void failsHandshakesWhileThereIsNoSvid() throws Exception {
    int port = listen().port();
    serverIdentity.set(Optional.empty());

    RpcStatus status = refusal(client(port).unary(AgentGrpcClient.GetAgent, REQUEST, LONG));

    assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }
}
