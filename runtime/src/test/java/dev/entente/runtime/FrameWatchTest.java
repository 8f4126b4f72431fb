package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.entente.runtime.ConnectionGate.Reason;
import dev.entente.testkit.Await;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class FrameWatchTest extends WatchedListener {
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

  /// As a clock does that goes back.
  private void makeTheWaitLong() {
    now.addAndGet(-Duration.ofHours(1).toNanos());
  }

  private void pingTooOften() throws Exception {
    flood(gate, FrameWatchTest::ping);
  }
}
