package dev.entente.rpc;

import static dev.entente.rpc.TestServer.await;
import static dev.entente.rpc.TestServer.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who the kernel says is there, asked of real processes.
final class PeerCredentialsTest {
  @TempDir Path directory;
  private final TestServer server = new TestServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void knowsTheChildThatCalls() throws Exception {
    var seen = new LinkedBlockingQueue<LocalPeer>();
    var alive = new LinkedBlockingQueue<Boolean>();
    server.onGetAgent =
        (call, _) -> {
          var peer = (LocalPeer) call.peer();
          alive.add(peer.process().isAlive());
          seen.add(peer);
          return Future.succeededFuture(Agent.getDefaultInstance());
        };
    Path socket = directory.resolve("api.sock");
    server.listen(socket);

    Process child = startChild(socket);
    LocalPeer peer = take(seen);

    assertThat(peer.pid()).isEqualTo((int) child.pid());
    assertThat(peer.uid()).isEqualTo((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    assertThat(take(alive)).isTrue();
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(peer.process().isAlive()).isFalse();
  }

  @Test
  void seesAProcessEndByItsDescriptorWhileTheConnectionIsHeld() throws Exception {
    var seen = new LinkedBlockingQueue<PeerCredentials.Credentials>();
    Path socket = directory.resolve("held.sock");
    // Nobody answers, and nobody lets the descriptor go but this test.
    await(
        server
            .vertx
            .createHttpServer()
            .connectionHandler(connection -> seen.add(read(connection)))
            .requestHandler(_ -> {})
            .listen(SocketAddress.domainSocketAddress(socket.toString())));
    Process child = startChild(socket);
    var credentials = take(seen);
    assumeThat(credentials.process()).as("SO_PEERPIDFD, Linux 6.5").isInstanceOf(PidFd.class);
    assertThat(credentials.process().isAlive()).isTrue();

    child.destroyForcibly();
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();

    assertThat(credentials.process().isAlive()).isFalse();
    credentials.process().close();
  }

  private static PeerCredentials.Credentials read(HttpConnection connection) {
    try {
      return PeerCredentials.read(connection);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Process startChild(Path socket) throws Exception {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Child.class.getName(),
            socket.toString())
        .inheritIO()
        .start();
  }

  /// Calls once and ends.
  public static final class Child {
    /// Runs as a process of its own.
    public static void main(String[] args) throws Exception {
      var vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
      var client = RpcClient.overUnixSocket(vertx, Path.of(args[0]));
      TestServer.await(
          client.unary(
              AgentGrpcClient.GetAgent,
              GetAgentRequest.newBuilder().setId(SPIFFEID.newBuilder().setPath("/a")).build(),
              Duration.ofSeconds(10)));
      TestServer.await(vertx.close());
    }
  }

  @Test
  void seesAProcessEndByItsStartTime() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "60").start();
    try (WatchedProcess watched = new StartTime((int) sleeper.pid())) {
      assertThat(watched.isAlive()).isTrue();

      sleeper.destroyForcibly();
      assertThat(sleeper.waitFor(30, TimeUnit.SECONDS)).isTrue();

      assertThat(watched.isAlive()).isFalse();
    }
  }

  @Test
  void takesAClosedWatchForAnEndedProcess() {
    WatchedProcess self = new StartTime((int) ProcessHandle.current().pid());
    assertThat(self.isAlive()).isTrue();

    self.close();

    assertThat(self.isAlive()).isFalse();
  }

  @Test
  void takesAnAbsentProcessForAnEndedOne() {
    try (WatchedProcess absent = new StartTime(0x3fffffff)) {
      assertThat(absent.isAlive()).isFalse();
    }
  }
}
