package dev.entente.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ConnectionGate.Reason;
import dev.entente.testkit.Await;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A listener behind a [ConnectionGate], clients of it that send whatever a test wants, and a clock
/// that stands still.
abstract class WatchedListener {
  /// More than are taken of those that come alone.
  static final int MANY = 600;

  /// `GET http://x/` in the static table's words (RFC 7541, appendix A).
  static final byte[] GET = {(byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'x'};

  /// As the gate names who connects to the Unix socket.
  static final String SELF = "process " + ProcessHandle.current().pid();

  static final Duration SOON = Duration.ofSeconds(20);

  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  /// Stands still, so that who has to wait does so until the test says otherwise.
  final AtomicLong now = new AtomicLong(1L << 60);

  final BoundedPool handshakes = new BoundedPool("test", 1, 16);

  final ConnectionGate gate = gateWith(ConnectionLimits.withCertificates(100, 20));

  final Restraint restraint = gate.restraint();

  /// What a peer that connects over TCP proves.
  final AtomicReference<String> identity = new AtomicReference<>("");

  /// Connections of which it is known whether they wait.
  final AtomicInteger judged = new AtomicInteger();

  @TempDir private Path directory;
  SocketAddress address;
  HttpClient client;

  /// Vert.x closes the connections of a client that the collector finds.
  final List<Object> clients = new ArrayList<>();

  NetClient plain;

  Context loop;

  @BeforeEach
  void listen() throws Exception {
    address = SocketAddress.domainSocketAddress(directory.resolve("socket").toString());
    await(server().listen(address));
    loop = vertx.getOrCreateContext();
    client = client();
    plain = vertx.createNetClient();
  }

  ConnectionGate gateWith(ConnectionLimits limits) {
    return new ConnectionGate("test", limits, Optional.of(handshakes), now::get);
  }

  HttpServer server() {
    return server(gate);
  }

  HttpServer server(ConnectionGate gate) {
    return gate.guard(vertx)
        .createHttpServer()
        .connectionHandler(connection -> {
          gate.established(connection);
          if (!identity.get().isEmpty()) {
            gate.identified(connection, identity.get());
          }
          judged.incrementAndGet();
        })
        .requestHandler(request -> request.response().end("ok"));
  }

  HttpClient client() {
    return client(clientOptions());
  }

  HttpClient client(HttpClientOptions options) {
    var made = vertx.createHttpClient(options);
    clients.add(made);
    return made;
  }

  static HttpClientOptions clientOptions() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setHttp2ClearTextUpgrade(false);
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    handshakes.close();
  }

  /// Says that after a greeting, asks for a pong, and waits for it.
  void awaitPong(Buffer bytes) throws Exception {
    awaitPongOn(await(plain.connect(address)), bytes);
  }

  static void awaitPongOn(NetSocket socket, Buffer bytes) throws Exception {
    awaitNextPongOn(socket, greeting().appendBuffer(bytes));
  }

  static void awaitNextPongOn(NetSocket socket, Buffer bytes) throws Exception {
    var answers = new AtomicReference<>(Buffer.buffer());
    socket.handler(more -> answers.updateAndGet(before -> before.copy().appendBuffer(more)));

    var _ = socket.write(bytes.copy().appendBuffer(frame(6, 0, 0, 8)));

    Await.until("the pong", SOON, () -> contains(answers.get(), frame(6, 1, 0, 8)));
  }

  static boolean contains(Buffer all, Buffer part) {
    return all.toString(ISO_8859_1).contains(part.toString(ISO_8859_1));
  }

  static Buffer frame(int type, int flags, int stream, int length) {
    return frame(type, flags, stream, new byte[length]);
  }

  static Buffer frame(int type, int flags, int stream, byte[] payload) {
    return Buffer.buffer()
        .appendMedium(payload.length)
        .appendByte((byte) type)
        .appendByte((byte) flags)
        .appendInt(stream)
        .appendBytes(payload);
  }

  /// Says that after a greeting, and waits for the end.
  void err(Buffer bytes) throws Exception {
    var before = gate.refused(Reason.CUT_OFF);
    var socket = await(plain.connect(address));
    var _ = socket.write(greeting().appendBuffer(bytes));
    Await.until("the end", SOON, () -> gate.refused(Reason.CUT_OFF) > before && gate.open() == 0);
  }

  static Buffer greeting() {
    return Buffer.buffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").appendBuffer(frame(4, 0, 0, 0));
  }

  void listenOverTcp() throws Exception {
    listenOverTcp(server());
  }

  void listenOverTcp(HttpServer server) throws Exception {
    var port = await(server.listen(0, "127.0.0.1")).actualPort();
    address = SocketAddress.inetSocketAddress(port, "127.0.0.1");
  }

  void settingsTooOften() throws Exception {
    settingsTooOften(gate);
  }

  void settingsTooOften(ConnectionGate gate) throws Exception {
    flood(
        gate,
        connection -> {
          var _ = connection.updateSettings(new Http2Settings().setMaxConcurrentStreams(7));
        });
  }

  static void ping(HttpConnection connection) {
    var _ = connection.ping(Buffer.buffer(new byte[8]));
  }

  /// Until the connection is ended, and the gate has heard of it.
  void flood(ConnectionGate gate, Consumer<HttpConnection> frame) throws Exception {
    var before = gate.refused(Reason.CUT_OFF);
    var connection = call();
    var ended = new CountDownLatch(1);
    connection.closeHandler(_ -> ended.countDown());
    loop.runOnContext(_ -> {
      for (var i = 0; i < MANY; i++) {
        frame.accept(connection);
      }
    });
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    Await.until("the end", SOON, () -> gate.refused(Reason.CUT_OFF) > before && gate.open() == 0);
  }

  HttpConnection call() throws Exception {
    return await(asked(client));
  }

  Future<HttpConnection> asked(HttpClient from) {
    return onLoop(() ->
        from.request(to())
            .compose(request ->
                request.send().compose(answer -> answer.body()).map(_ -> request.connection())));
  }

  RequestOptions to() {
    return new RequestOptions().setServer(address).setMethod(HttpMethod.GET).setURI("/");
  }

  /// On the connection's own event loop: elsewhere an answer, or a pong, may come before somebody
  /// listens for it, and is lost.
  <T> Future<T> onLoop(Supplier<Future<T>> asked) {
    var answer = Promise.<T>promise();
    loop.runOnContext(_ -> asked.get().onComplete(answer));
    return answer.future();
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
