package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ConnectionGate.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ConnectionGateTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (var connection : open) {
      connection.close();
    }
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static void awaitUntil(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private HttpServer listen(ConnectionGate gate) throws Exception {
    return await(server(gate, new HttpServerOptions().setHost("127.0.0.1").setPort(0)).listen());
  }

  private HttpServer server(ConnectionGate gate, HttpServerOptions options) {
    return gate.guard(vertx)
        .createHttpServer(options)
        .requestHandler(request -> request.response().end("ok"));
  }

  private Socket connect(HttpServer server, String from) throws IOException {
    var socket = new Socket("127.0.0.1", server.actualPort(), InetAddress.getByName(from), 0);
    socket.setSoTimeout(20_000);
    open.add(socket);
    return socket;
  }

  /// Whether a request on this connection is answered; false if the server has hung up.
  private static boolean isServed(Socket socket) {
    try {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == 'H';
    } catch (IOException reset) {
      return false;
    }
  }

  @Test
  void refusesConnectionsBeyondThoseOfOnePeerAndServesTheOthers() throws Exception {
    var gate = new ConnectionGate("test", ConnectionLimits.of(10, 2));
    var server = listen(gate);

    var first = connect(server, "127.0.0.1");
    assertThat(isServed(first)).isTrue();
    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
    assertThat(isServed(connect(server, "127.0.0.1"))).isFalse();
    assertThat(isServed(connect(server, "127.0.0.2"))).isTrue();

    assertThat(gate.open()).isEqualTo(3);
    assertThat(gate.refused(Reason.PEER_FULL)).isEqualTo(1);
    first.close();
    awaitUntil(() -> gate.open() == 2);
    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
  }

  @Test
  void refusesConnectionsBeyondThoseOfTheListener() throws Exception {
    var gate = new ConnectionGate("test", ConnectionLimits.of(2, 2));
    var server = listen(gate);

    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
    assertThat(isServed(connect(server, "127.0.0.2"))).isTrue();
    assertThat(isServed(connect(server, "127.0.0.3"))).isFalse();

    assertThat(gate.refused(Reason.LISTENER_FULL)).isEqualTo(1);
  }

  @Test
  void leavesRoomForPeersThatProveWhoTheyAre() throws Exception {
    var limits = new ConnectionLimits(9, 1, 2, LONG, LONG);
    var gate = new ConnectionGate("test", limits);
    var server =
        await(
            server(gate, new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                .connectionHandler(connection -> {
                  gate.established(connection);
                  var from = connection.remoteAddress().hostAddress();
                  if (!(from.equals("127.0.0.9")
                      ? gate.anonymous(connection)
                      : gate.identified(connection, "id"))) {
                    connection.close();
                  }
                })
                .listen());

    var first = connect(server, "127.0.0.1");
    assertThat(isServed(first)).isTrue();
    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
    // Both are counted for the identity, no longer for the address; and it has no third place.
    assertThat(isServed(connect(server, "127.0.0.1"))).isFalse();
    assertThat(gate.refused(Reason.PEER_FULL)).isEqualTo(1);
    awaitUntil(() -> gate.open() == 2);

    var anonymous = connect(server, "127.0.0.9");
    assertThat(isServed(anonymous)).isTrue();
    assertThat(isServed(connect(server, "127.0.0.9"))).isFalse();
    assertThat(gate.refused(Reason.ANONYMOUS_FULL)).isEqualTo(1);

    first.close();
    awaitUntil(() -> gate.open() == 2);
    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
    anonymous.close();
    awaitUntil(() -> gate.open() == 2);
    assertThat(isServed(connect(server, "127.0.0.9"))).isTrue();
  }

  @Test
  void closesAConnectionThatSaysNothing() throws Exception {
    var gate =
        new ConnectionGate("test", ConnectionLimits.of(10, 10).within(Duration.ofMillis(50), LONG));
    // With HTTP/2 in clear text, as on our Unix sockets: nobody knows the protocol yet.
    var server = listen(gate);

    assertThat(connect(server, "127.0.0.1").getInputStream().read()).isEqualTo(-1);

    assertThat(gate.refused(Reason.NOT_ESTABLISHED)).isEqualTo(1);
    awaitUntil(() -> gate.open() == 0);
  }

  @Test
  void countsByUserOnAUnixSocket(@TempDir Path directory) throws Exception {
    var gate = new ConnectionGate("test", ConnectionLimits.of(10, 2));
    var path = directory.resolve("s");
    await(
        server(gate, new HttpServerOptions())
            .listen(SocketAddress.domainSocketAddress(path.toString())));

    var first = connect(path);
    assertThat(isServed(first)).isTrue();
    assertThat(isServed(connect(path))).isTrue();
    assertThat(isServed(connect(path))).isFalse();

    assertThat(gate.refused(Reason.PEER_FULL)).isEqualTo(1);
    first.close();
    awaitUntil(() -> gate.open() == 1);
    assertThat(isServed(connect(path))).isTrue();
  }

  private SocketChannel connect(Path path) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    open.add(channel);
    channel.connect(UnixDomainSocketAddress.of(path));
    return channel;
  }

  private static boolean isServed(SocketChannel channel) {
    try {
      channel.write(StandardCharsets.US_ASCII.encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
      return channel.read(ByteBuffer.allocate(1)) == 1;
    } catch (IOException reset) {
      return false;
    }
  }

  @Test
  void showsItsFigures() throws Exception {
    var gate = new ConnectionGate("test", ConnectionLimits.of(1, 1));
    var meters = new SimpleMeterRegistry();
    gate.register(meters);
    var server = listen(gate);
    assertThat(isServed(connect(server, "127.0.0.1"))).isTrue();
    assertThat(isServed(connect(server, "127.0.0.1"))).isFalse();

    assertThat(meters.get("entente.connections").tag("listener", "test").gauge().value())
        .isEqualTo(1);
    assertThat(
            meters
                .get("entente.connections.refused")
                .tag("reason", "listener-full")
                .functionCounter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void opsServerClosesAConnectionBeyondItsLimit() throws Exception {
    try (var metrics = Metrics.exported()) {
      var ops = new OpsServer(vertx, ListenAddress.parse("127.0.0.1:0"), Health::ready, metrics);
      await(ops.start());
      for (int i = 0; i < 64; i++) {
        open.add(new Socket(InetAddress.getLoopbackAddress(), ops.port()));
      }
      awaitUntil(() -> metrics.scrape().contains("entente_connections{listener=\"ops\"} 64.0"));

      try (var oneTooMany = new Socket(InetAddress.getLoopbackAddress(), ops.port())) {
        oneTooMany.setSoTimeout(20_000);
        assertThat(isServed(oneTooMany)).isFalse();
      }
      await(ops.stop());
    }
  }

  @Test
  void servesEveryoneThoughFewNewcomersAreTakenInAtATime() throws Exception {
    try (var handshakes = new BoundedPool("test", 1, 16)) {
      var server = listen(new ConnectionGate("test", ConnectionLimits.of(500, 500), handshakes));
      List<Socket> silent = new ArrayList<>();
      int several = 4 * ArrivalPace.ofHandshakes().atOnce();

      for (int i = 0; i < several; i++) {
        silent.add(connect(server, "127.0.0.1"));
      }

      for (var socket : silent) {
        assertThat(isServed(socket)).isTrue();
      }
    }
  }
}
