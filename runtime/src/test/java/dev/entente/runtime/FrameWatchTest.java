package dev.entente.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

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
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class FrameWatchTest {
  /// More than are taken of those that come alone.
  private static final int MANY = 600;

  /// `GET http://x/` in the static table's words (RFC 7541, appendix A).
  private static final byte[] GET = {(byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'x'};

  /// As the gate names who connects to the Unix socket.
  private static final String SELF = "process " + ProcessHandle.current().pid();

  private static final Duration SOON = Duration.ofSeconds(20);

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  /// Stands still, so that who has to wait does so until the test says otherwise.
  private final AtomicLong now = new AtomicLong(1L << 60);

  private final BoundedPool handshakes = new BoundedPool("test", 1, 16);

  private final ConnectionGate gate = gateWith(ConnectionLimits.withCertificates(100, 20));

  private final Restraint restraint = gate.restraint();

  /// What a peer that connects over TCP proves.
  private final AtomicReference<String> identity = new AtomicReference<>("");

  /// Connections of which it is known whether they wait.
  private final AtomicInteger judged = new AtomicInteger();

  @TempDir private Path directory;
  private SocketAddress address;
  private HttpClient client;

  /// Vert.x closes the connections of a client that the collector finds.
  private final List<Object> clients = new ArrayList<>();

  private NetClient plain;

  private Context loop;

  @BeforeEach
  void listen() throws Exception {
    address = SocketAddress.domainSocketAddress(directory.resolve("socket").toString());
    await(server().listen(address));
    loop = vertx.getOrCreateContext();
    client = client();
    plain = vertx.createNetClient();
  }

  private ConnectionGate gateWith(ConnectionLimits limits) {
    return new ConnectionGate("test", limits, Optional.of(handshakes), now::get);
  }

  private HttpServer server() {
    return server(gate);
  }

  private HttpServer server(ConnectionGate gate) {
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

  private HttpClient client() {
    return client(clientOptions());
  }

  private HttpClient client(HttpClientOptions options) {
    var made = vertx.createHttpClient(options);
    clients.add(made);
    return made;
  }

  private static HttpClientOptions clientOptions() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setHttp2ClearTextUpgrade(false);
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    handshakes.close();
  }

  /// As gRPC for Go does.
  @Test
  void servesAClientThatPingsAfterEachAnswer() throws Exception {
    var connection = call();
    for (var i = 0; i < MANY; i++) {
      await(onLoop(() -> connection.ping(Buffer.buffer(new byte[8]))));
      assertThat(call()).isSameAs(connection);
    }
  }

  /// As gRPC clients do that read a long answer.
  @Test
  void servesAClientThatPingsAfterEachPieceOfAnAnswer() throws Exception {
    var answer = new AtomicReference<HttpServerResponse>();
    var server =
        gate.guard(vertx)
            .createHttpServer()
            .connectionHandler(connection -> {
              gate.established(connection);
              connection.pingHandler(
                  _ -> answer.get().write("a piece that is no answer to a PING"));
            })
            .requestHandler(request -> answer.set(request.response()));
    listenOverTcp(server);
    var pieces = new CountDownLatch(MANY);
    loop.runOnContext(_ ->
        client
            .request(to())
            .onSuccess(request -> {
              request
                  .response()
                  .onSuccess(response ->
                      response.handler(_ -> {
                        pieces.countDown();
                        ping(request.connection());
                      }));
              request.sendHead().onSuccess(_ -> ping(request.connection()));
            }));

    assertThat(pieces.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  @Test
  void endsAConnectionThatPingsAndDoesNotAsk() throws Exception {
    pingTooOften();

    assertThat(gate.refused(Reason.CUT_OFF)).isEqualTo(1);
  }

  @Test
  void endsOneOverTcpAsWell() throws Exception {
    listenOverTcp();

    pingTooOften();

    assertThat(gate.refused(Reason.CUT_OFF)).isEqualTo(1);
  }

  @Test
  void keepsTheNextConnectionOfWhoWasCutOffWaiting() throws Exception {
    pingTooOften();
    pingTooOften();
    var begun = System.nanoTime();

    call();

    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isGreaterThanOrEqualTo(Restraint.FIRST.multipliedBy(2));
  }

  @Test
  void keepsOnlyTheIdentityWaitingThatFlooded() throws Exception {
    listenOverTcp();
    identity.set("spiffe://td.example/flooding");
    settingsTooOften();
    makeTheWaitLong();
    var before = judged.get();
    var flooding = asked(client());
    Await.until("the flooding one", SOON, () -> judged.get() > before);

    identity.set("spiffe://td.example/other");
    await(asked(client()));

    assertThat(flooding.isComplete()).isFalse();
  }

  @Test
  void keepsNobodyWaitingForAnAddressThatMayBeOfMany() throws Exception {
    listenOverTcp();
    settingsTooOften();
    makeTheWaitLong();

    call();
  }

  static Stream<Arguments> idleFrames() {
    return Stream.of(
        arguments("windows moved", frame(8, 0, 0, new byte[] {0, 0, 0, 1})),
        arguments("answers to PINGs that were not sent", frame(6, 1, 0, 8)),
        arguments("settings acknowledged that were not sent", frame(4, 1, 0, 0)),
        arguments("farewells", frame(7, 0, 0, 8)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("idleFrames")
  void endsAConnectionThatAsksNothingForLong(String what, Buffer one) throws Exception {
    var many = Buffer.buffer();
    for (var i = 0; i < MANY; i++) {
      many.appendBuffer(one);
    }

    err(many);

    assertThat(restraint.of(SELF)).as(what).isEqualTo(Restraint.FIRST);
  }

  /// As those do that read every answer at once.
  @Test
  void servesAClientThatMovesWindowsFourTimesWithEachCall() throws Exception {
    var calls = Buffer.buffer();
    for (var i = 0; i < MANY; i++) {
      calls.appendBuffer(frame(1, 5, 2 * i + 1, GET));
      for (var k = 0; k < 4; k++) {
        calls.appendBuffer(frame(8, 0, 0, new byte[] {0, 0, 0, 1}));
      }
    }

    awaitPong(calls);

    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  /// Says that after a greeting, asks for a pong, and waits for it.
  private void awaitPong(Buffer bytes) throws Exception {
    awaitPongOn(await(plain.connect(address)), bytes);
  }

  private static void awaitPongOn(NetSocket socket, Buffer bytes) throws Exception {
    awaitNextPongOn(socket, greeting().appendBuffer(bytes));
  }

  private static void awaitNextPongOn(NetSocket socket, Buffer bytes) throws Exception {
    var answers = new AtomicReference<>(Buffer.buffer());
    socket.handler(more -> answers.updateAndGet(before -> before.copy().appendBuffer(more)));

    var _ = socket.write(bytes.copy().appendBuffer(frame(6, 0, 0, 8)));

    Await.until("the pong", SOON, () -> contains(answers.get(), frame(6, 1, 0, 8)));
  }

  private static boolean contains(Buffer all, Buffer part) {
    return all.toString(ISO_8859_1).contains(part.toString(ISO_8859_1));
  }

  /// What strangers send more of than they may, and whoever shows a certificate less.
  static Stream<Arguments> strangersFloods() {
    var resets = Buffer.buffer();
    for (var i = 0; i < 51; i++) {
      resets.appendBuffer(frame(1, 4, 2 * i + 1, GET));
      resets.appendBuffer(frame(3, 0, 2 * i + 1, 4));
    }
    var fields = frame(1, 0, 1, GET);
    for (var bytes = 0; bytes < 256 << 10; bytes += 9) {
      fields.appendBuffer(frame(9, 0, 1, 0));
    }
    return Stream.of(
        arguments("streams reset", resets, Buffer.buffer()),
        arguments("fields without an end", fields, frame(9, 4, 1, 0)));
  }

  /// @param end what makes sense of it
  @ParameterizedTest(name = "{0}")
  @MethodSource("strangersFloods")
  void endsAStrangerForLess(String what, Buffer flood, Buffer end) throws Exception {
    listenToMany(new AtomicInteger());
    err(flood);
    identity.set("spiffe://td.example/agent");

    awaitPong(flood.copy().appendBuffer(end));

    assertThat(gate.refused(Reason.CUT_OFF)).as(what).isEqualTo(1);
  }

  /// As gRPC clients do that were answered before they had said all.
  @Test
  void servesAStrangerThatResetsCallsThatWereAnswered() throws Exception {
    listenOverTcp();
    var stranger = connect("127.0.0.1");
    awaitPongOn(stranger, streams(100));
    var resets = Buffer.buffer();
    for (var i = 0; i < 100; i++) {
      resets.appendBuffer(frame(3, 0, 2 * i + 1, 4));
    }

    awaitNextPongOn(stranger, resets);

    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  @Test
  void keepsNewcomersOfAnAddressWaitingWhoseStrangersWereCutOff() throws Exception {
    listenOverTcp();
    for (var i = 0; i <= AddressPace.ENDS_FREE; i++) {
      settingsTooOften();
    }
    await(asked(client()));

    var next = asked(client());
    await(asked(client(clientOptions().setLocalAddress("127.0.0.2"))));
    assertThat(next.isComplete()).isFalse();

    now.addAndGet(AddressPace.TURN.toNanos());
    await(next);
  }

  @Test
  void keepsNobodyWaitingBehindWhoShowsACertificate() throws Exception {
    listenOverTcp();
    for (var i = 0; i <= AddressPace.ENDS_FREE; i++) {
      settingsTooOften();
    }
    identity.set("spiffe://td.example/agent");

    for (var i = 0; i < 3; i++) {
      await(asked(client()));
    }
  }

  /// One attacker behind a proxy would keep everybody else from what is published for all.
  @Test
  void keepsNobodyWaitingForStrangersWhereNobodyIsAskedForACertificate() throws Exception {
    var open = gateWith(ConnectionLimits.of(10, 10));
    listenOverTcp(server(open));
    for (var i = 0; i <= AddressPace.ENDS_FREE; i++) {
      settingsTooOften(open);
    }

    for (var i = 0; i < 3; i++) {
      await(asked(client()));
    }
  }

  /// Types and flags are those of RFC 9113 §6.
  static Stream<Arguments> mistakes() {
    var tooLarge = Buffer.buffer().appendBuffer(frame(1, 0, 1, 16_384));
    return Stream.of(
        arguments("20 KiB of header fields", tooLarge.appendBuffer(frame(9, 0, 1, 4_097))),
        arguments("a body without a stream", frame(0, 0, 0, 1)),
        arguments("fields that are not compressed as they should be", frame(1, 4, 1, 1)),
        arguments("half a PING", frame(6, 0, 0, 4)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void keepsWhoErredTwiceWaiting(String mistake, Buffer bytes) throws Exception {
    err(bytes);
    assertThat(restraint.of(SELF)).isZero();

    err(bytes);
    assertThat(restraint.of(SELF)).as(mistake).isEqualTo(Restraint.FIRST);
  }

  /// Netty believes that nobody knows of a limit until its settings are acknowledged.
  @Test
  void boundsStreamsAlsoIfItsSettingsAreNeverAcknowledged() throws Exception {
    var opened = new AtomicInteger();
    var server =
        gate.guard(vertx)
            .createHttpServer(
                new HttpServerOptions()
                    .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(7)))
            .connectionHandler(gate::established)
            .requestHandler(_ -> opened.incrementAndGet());
    listenOverTcp(server);
    var streams = Buffer.buffer();
    for (var i = 0; i < 20; i++) {
      streams.appendBuffer(frame(1, 4, 2 * i + 1, GET));
    }

    err(streams.appendBuffer(frame(0, 0, 0, 1)));

    assertThat(opened).hasValue(7);
  }

  /// A listener that lets everybody have a thousand streams, and answers none.
  private void listenToMany(AtomicInteger opened) throws Exception {
    listenOverTcp(
        gate.guard(vertx)
            .createHttpServer(
                new HttpServerOptions()
                    .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(1000)))
            .connectionHandler(connection -> {
              gate.established(connection);
              if (!identity.get().isEmpty()) {
                gate.identified(connection, identity.get());
              }
            })
            .requestHandler(_ -> opened.incrementAndGet()));
  }

  /// The settings of the listener acknowledged, and then so many streams.
  private static Buffer streams(int count) {
    var streams = Buffer.buffer().appendBuffer(frame(4, 1, 0, 0));
    for (var i = 0; i < count; i++) {
      streams.appendBuffer(frame(1, 4, 2 * i + 1, GET));
    }
    return streams;
  }

  @Test
  void givesAStrangerFewStreamsOnAConnectionAndWhoIsKnownMany() throws Exception {
    var opened = new AtomicInteger();
    listenToMany(opened);

    awaitPong(streams(150));
    assertThat(opened).hasValue(100);
    assertThat(gate.strangersStreams()).isEqualTo(100);

    identity.set("spiffe://td.example/agent");
    awaitPong(streams(150));
    assertThat(opened).hasValue(250);
    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  @Test
  void boundsTheStreamsOfAnAddressAndOfAllStrangersAndTakesThemBack() throws Exception {
    var opened = new AtomicInteger();
    listenToMany(opened);
    var ofOne = open("127.0.0.2", 11);
    assertThat(opened).hasValue(ConnectionGate.STRANGERS_STREAMS_PER_ADDRESS_MAX);
    assertThat(gate.refusedStreams()).isEqualTo(1100 - 1024);

    for (var address : List.of("127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6")) {
      open(address, 10);
    }
    assertThat(opened).hasValue(ConnectionGate.STRANGERS_STREAMS_MAX);

    identity.set("spiffe://td.example/agent");
    open("127.0.0.6", 1);
    assertThat(opened).as("who is known").hasValue(ConnectionGate.STRANGERS_STREAMS_MAX + 100);
    assertThat(gate.refused(Reason.CUT_OFF)).isZero();

    for (var socket : ofOne) {
      await(socket.close());
    }
    Await.until(
        "all given back",
        SOON,
        () ->
            gate.strangersStreams()
                == ConnectionGate.STRANGERS_STREAMS_MAX
                    - ConnectionGate.STRANGERS_STREAMS_PER_ADDRESS_MAX);
  }

  @Test
  void boundsTheStreamsOfAnIdentity() throws Exception {
    var opened = new AtomicInteger();
    identity.set("spiffe://td.example/agent");
    listenToMany(opened);

    for (var i = 0; i < 4; i++) {
      awaitPongOn(connect("127.0.0.1"), streams(1000));
    }
    awaitPongOn(connect("127.0.0.2"), streams(150));

    assertThat(opened).hasValue(ConnectionGate.STREAMS_PER_IDENTITY_MAX);
  }

  @Test
  void endsAStrangerThatGoesOnWhenItIsRefusedAndReadsNothing() throws Exception {
    listenOverTcp(
        gate.guard(vertx)
            .createHttpServer(new HttpServerOptions().setSendBufferSize(4096))
            .connectionHandler(gate::established)
            .requestHandler(request -> request.response().end("x".repeat(1 << 20))));
    try (var deaf = new Socket()) {
      deaf.setReceiveBufferSize(4096);
      deaf.connect(new InetSocketAddress(address.host(), address.port()));
      deaf.getOutputStream().write(greeting().appendBuffer(streams(400)).getBytes());

      Await.until("cut off", SOON, () -> gate.refused(Reason.CUT_OFF) == 1);
      Await.until("given back", SOON, () -> gate.strangersStreams() == 0 && gate.open() == 0);
    }
  }

  /// Connections from there, each with 100 streams.
  private List<NetSocket> open(String from, int connections) throws Exception {
    var all = new ArrayList<NetSocket>();
    for (var i = 0; i < connections; i++) {
      var socket = connect(from);
      awaitPongOn(socket, streams(100));
      all.add(socket);
    }
    return all;
  }

  private NetSocket connect(String from) throws Exception {
    var options = new NetClientOptions().setLocalAddress(from);
    var made = vertx.createNetClient(options);
    clients.add(made);
    return await(made.connect(address));
  }

  private static Buffer frame(int type, int flags, int stream, int length) {
    return frame(type, flags, stream, new byte[length]);
  }

  private static Buffer frame(int type, int flags, int stream, byte[] payload) {
    return Buffer.buffer()
        .appendMedium(payload.length)
        .appendByte((byte) type)
        .appendByte((byte) flags)
        .appendInt(stream)
        .appendBytes(payload);
  }

  /// Says that after a greeting, and waits for the end.
  private void err(Buffer bytes) throws Exception {
    var before = gate.refused(Reason.CUT_OFF);
    var socket = await(plain.connect(address));
    var _ = socket.write(greeting().appendBuffer(bytes));
    Await.until("the end", SOON, () -> gate.refused(Reason.CUT_OFF) > before && gate.open() == 0);
  }

  private static Buffer greeting() {
    return Buffer.buffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").appendBuffer(frame(4, 0, 0, 0));
  }

  private void listenOverTcp() throws Exception {
    listenOverTcp(server());
  }

  private void listenOverTcp(HttpServer server) throws Exception {
    var port = await(server.listen(0, "127.0.0.1")).actualPort();
    address = SocketAddress.inetSocketAddress(port, "127.0.0.1");
  }

  /// As a clock does that goes back.
  private void makeTheWaitLong() {
    now.addAndGet(-Duration.ofHours(1).toNanos());
  }

  private void settingsTooOften() throws Exception {
    settingsTooOften(gate);
  }

  private void settingsTooOften(ConnectionGate gate) throws Exception {
    flood(
        gate,
        connection -> {
          var _ = connection.updateSettings(new Http2Settings().setMaxConcurrentStreams(7));
        });
  }

  private void pingTooOften() throws Exception {
    flood(gate, FrameWatchTest::ping);
  }

  private static void ping(HttpConnection connection) {
    var _ = connection.ping(Buffer.buffer(new byte[8]));
  }

  /// Until the connection is ended, and the gate has heard of it.
  private void flood(ConnectionGate gate, Consumer<HttpConnection> frame) throws Exception {
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

  private HttpConnection call() throws Exception {
    return await(asked(client));
  }

  private Future<HttpConnection> asked(HttpClient from) {
    return onLoop(() ->
        from.request(to())
            .compose(request ->
                request.send().compose(answer -> answer.body()).map(_ -> request.connection())));
  }

  private RequestOptions to() {
    return new RequestOptions().setServer(address).setMethod(HttpMethod.GET).setURI("/");
  }

  /// On the connection's own event loop: elsewhere an answer, or a pong, may come before somebody
  /// listens for it, and is lost.
  private <T> Future<T> onLoop(Supplier<Future<T>> asked) {
    var answer = Promise.<T>promise();
    loop.runOnContext(_ -> asked.get().onComplete(answer));
    return answer.future();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
