package dev.entente.rpc;

import static dev.entente.rpc.ServerCallTest.refusal;
import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionGate.Reason;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.testkit.Await;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a peer may hold of a listener, on real sockets.
@Timeout(60)
final class ServerLimitsTest {
  private static final GetAgentRequest REQUEST =
      GetAgentRequest.newBuilder().setId(SPIFFEID.newBuilder().setPath("/a")).build();
  private static final Duration NEVER = Duration.ofMinutes(10);

  @TempDir Path directory;
  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestServer server = new TestServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private TlsIdentity identity(String path) {
    var svid = authority.issue(path);
    return new TlsIdentity(svid.keyPair().getPrivate(), svid.chain());
  }

  private RpcServer listenTls(ConnectionGate gate) throws Exception {
    var own = identity("/server");
    return await(
        RpcServer.listen(
            server.vertx,
            gate,
            new TlsListener("127.0.0.1", 0, () -> Optional.of(own), trust()),
            server.router));
  }

  private SvidTrustManager trust() {
    return new SvidTrustManager(
        BundleSource.of(authority.bundle()), _ -> true, InstantSource.system());
  }

  private RpcClient client(RpcServer of, Optional<TlsIdentity> identity) {
    return RpcClient.overTls(
        server.vertx, new TlsTarget("127.0.0.1", of.port(), trust(), () -> identity));
  }

  private static boolean isServed(RpcClient client) throws Exception {
    var call = client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG);
    try {
      await(call);
      return true;
    } catch (ExecutionException refused) {
      assertThat(refusal(call).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
      return false;
    }
  }

  @Test
  void agentsBehindOneAddressDoNotShareItsPlaces() throws Exception {
    var gate =
        new ConnectionGate("test", new ConnectionLimits(20, 20, 1, Duration.ofMinutes(1), NEVER));
    var listening = listenTls(gate);

    // One place for an address, and for an identity: a client is served, then the next comes.
    assertThat(isServed(client(listening, Optional.of(identity("/agent/1"))))).isTrue();
    assertThat(isServed(client(listening, Optional.of(identity("/agent/2"))))).isTrue();
    assertThat(isServed(client(listening, Optional.of(identity("/agent/3"))))).isTrue();
    assertThat(isServed(client(listening, Optional.of(identity("/agent/3"))))).isFalse();
    Await.until("the refused one is closed", LONG, () -> gate.open() == 3);
    assertThat(isServed(client(listening, Optional.empty()))).isTrue();
    assertThat(isServed(client(listening, Optional.empty()))).isFalse();

    assertThat(gate.refused(Reason.PEER_FULL)).isEqualTo(2);
  }

  @Test
  void aStrangerHasAHundredCallsAtOnceAndAnAgentMore() throws Exception {
    var listening =
        listenTls(new ConnectionGate("test", ConnectionLimits.withCertificates(10, 10)));
    var stranger = client(listening, Optional.empty());
    var agent = client(listening, Optional.of(identity("/agent/1")));
    var answer = Promise.<Agent>promise();
    server.onGetAgent = (_, _) -> answer.future();

    var ofStranger = calls(stranger);
    Await.until("as many as it may have", LONG, () -> server.handled.get() == 100);
    var ofAgent = calls(agent);
    Await.until("all of the agent", LONG, () -> server.handled.get() == 250);
    answer.complete(Agent.getDefaultInstance());

    await(Future.all(ofAgent));
    await(Future.join(ofStranger).otherwiseEmpty());
    assertThat(isServed(stranger)).as("the connection is as good as before").isTrue();
  }

  private static List<Future<Agent>> calls(RpcClient client) {
    return IntStream.range(0, 150)
        .mapToObj(_ -> client.unary(AgentGrpcClient.GetAgent, REQUEST, LONG))
        .toList();
  }

  @Test
  void aConnectionWithoutHandshakeIsClosed() throws Exception {
    var limits = ConnectionLimits.of(10, 10).within(Duration.ofMillis(100), NEVER);
    var listening = listenTls(new ConnectionGate("test", limits));

    try (var silent = new Socket(InetAddress.getLoopbackAddress(), listening.port())) {
      silent.setSoTimeout(20_000);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(listening.connectionCount()).isZero();
  }

  @Test
  void aLocalConnectionThatSaysNothingIsClosed() throws Exception {
    var path = directory.resolve("s");
    var limits = ConnectionLimits.of(10, 10).within(Duration.ofMillis(100), NEVER);
    var gate = new ConnectionGate("test", limits);
    await(RpcServer.listen(server.vertx, gate, UnixSocket.forEveryone(path), server.router));

    try (var silent = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.connect(UnixDomainSocketAddress.of(path));
      assertThat(silent.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
    assertThat(gate.refused(Reason.NOT_ESTABLISHED)).isEqualTo(1);
  }

  @Test
  void anUnusedConnectionIsAskedToGoAndOneWithAnOpenStreamStays() throws Exception {
    var path = directory.resolve("s");
    var limits = ConnectionLimits.of(10, 10).within(LONG, Duration.ofSeconds(1));
    var gate = new ConnectionGate("test", limits);
    await(RpcServer.listen(server.vertx, gate, UnixSocket.forEveryone(path), server.router));
    var streaming = RpcClient.overUnixSocket(server.vertx, path);
    var messages = new LinkedBlockingQueue<X509SVIDResponse>();
    var ends = new LinkedBlockingQueue<RpcStatus>();
    streaming.serverStream(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
        X509SVIDRequest.getDefaultInstance(),
        CallOptions.UNLIMITED,
        new ResponseListener<>() {
          @Override
          public void message(X509SVIDResponse message) {
            messages.add(message);
          }

          @Override
          public void end(RpcStatus status) {
            ends.add(status);
          }
        });
    var stream = take(server.streams);
    var unused = RpcClient.overUnixSocket(server.vertx, path);
    assertThat(isServed(unused)).isTrue();
    var gone = new LinkedBlockingQueue<Boolean>();
    server.calls.getLast().onConnectionClose(() -> gone.add(true));

    assertThat(take(gone)).isTrue();
    stream.send(X509SVIDResponse.getDefaultInstance());
    take(messages);
    assertThat(ends).isEmpty();
    Await.until("one connection is left", LONG, () -> gate.open() == 1);
    assertThat(isServed(unused)).as("the next call connects again").isTrue();
  }

  @Test
  void handshakesWaitForNothingButHandshakesAndAreRefusedWhenTooManyDo() throws Exception {
    var goOn = new CountDownLatch(1);
    try (var pool = new BoundedPool("tls", 1, 1)) {
      var gate =
          new ConnectionGate(
              "test", ConnectionLimits.withCertificates(10, 10).within(LONG, NEVER), pool);
      var listening = listenTls(gate);
      // Vert.x' own workers hang, all of them, and nobody notices.
      for (int i = 0; i < 40; i++) {
        var _ =
            server.vertx.executeBlocking(
                () -> {
                  goOn.await();
                  return true;
                },
                false);
      }
      assertThat(isServed(client(listening, Optional.of(identity("/agent/1"))))).isTrue();

      var started = new CountDownLatch(1);
      var held =
          pool.run(
              server.vertx,
              () -> {
                started.countDown();
                return goOn.await(1, TimeUnit.MINUTES);
              },
              NEVER);
      assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
      var queued = pool.run(server.vertx, () -> true, NEVER);
      assertThat(isServed(client(listening, Optional.of(identity("/agent/2"))))).isFalse();

      goOn.countDown();
      assertThat(await(held)).isTrue();
      assertThat(await(queued)).isTrue();
      assertThat(isServed(client(listening, Optional.of(identity("/agent/2"))))).isTrue();
    } finally {
      goOn.countDown();
    }
  }
}
