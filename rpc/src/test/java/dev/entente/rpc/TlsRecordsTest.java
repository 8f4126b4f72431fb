package dev.entente.rpc;

import static dev.entente.rpc.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionGate.Reason;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.SPIFFEID;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a stranger's TLS records may do, below anything that he asks.
final class TlsRecordsTest {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final int PING = 6;
  private static final int ACK = 1;

  private final TestServer server = new TestServer();
  private final BoundedPool handshakes = new BoundedPool("tls-handshake", 1, 100);
  private final ConnectionGate gate =
      new ConnectionGate("test", ConnectionLimits.withCertificates(10, 10), handshakes);
  private int port;

  @BeforeEach
  void listen() throws Exception {
    var svid = TestAuthority.of("example.org").issue("/server");
    var identity = Optional.of(new TlsIdentity(svid.keyPair().getPrivate(), svid.chain()));
    var tls =
        new TlsListener(
            "127.0.0.1", 0, () -> identity, new Anybody(), TlsListener.DEFAULT_CONNECTION_AGE, 1);
    port = await(RpcServer.listen(server.vertx, gate, tls, server.router)).port();
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    handshakes.close();
  }

  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private SSLSocket connect() throws Exception {
    var context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new Anybody()}, null);
    var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
    socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    socket.getOutputStream().write(PREFACE);
    return socket;
  }

  /// In TLS 1.3 the JDK's client asks for new keys when it is told to shake hands again.
  private static void askForNewKeys(SSLSocket socket) throws IOException {
    socket.startHandshake();
  }

  @Test
  void endsAConnectionThatAsksForNewKeysAgainAndAgain() throws Exception {
    try (var socket = connect()) {
      long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (gate.refused(Reason.CUT_OFF) == 0 && System.nanoTime() < until) {
        askForNewKeys(socket);
      }
    } catch (IOException _) {
      // It is closed in the middle of a record, or of closing.
    }

    assertThat(gate.refused(Reason.CUT_OFF)).isEqualTo(1);
  }

  @Test
  void servesAPeerWhoseRecordsAreShortAndWhoseKeysChangeNowAndThen() throws Exception {
    try (var socket = connect()) {
      for (int i = 1; i <= 30; i++) {
        for (byte each : ping(i)) {
          socket.getOutputStream().write(each);
        }
        askForNewKeys(socket);
      }

      var in = new DataInputStream(socket.getInputStream());
      long answered = 0;
      while (answered < 30) {
        answered = Math.max(answered, pong(in));
      }
    }

    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  /// Netty wraps something at each flush, whether there is anything or not.
  @Test
  void servesAClientOfOursThatCallsAgainAndAgain() throws Exception {
    var client =
        RpcClient.overTls(
            server.vertx, new TlsTarget("127.0.0.1", port, new Anybody(), Optional::empty));
    var request = GetAgentRequest.newBuilder().setId(SPIFFEID.newBuilder().setPath("/a")).build();
    for (int i = 0; i < 500; i++) {
      await(client.unary(AgentGrpcClient.GetAgent, request, TestServer.LONG));
    }

    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
    assertThat(server.calls.getLast().connectionId())
        .isEqualTo(server.calls.getFirst().connectionId());
  }

  private static byte[] ping(long number) {
    return ByteBuffer.allocate(17)
        .put(new byte[] {0, 0, 8, PING, 0, 0, 0, 0, 0})
        .putLong(number)
        .array();
  }

  /// The number in the next frame if that answers a PING, else 0.
  private static long pong(DataInputStream in) throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    in.readInt();
    var payload = in.readNBytes(length);
    return type == PING && flags == ACK ? ByteBuffer.wrap(payload).getLong() : 0;
  }
}
