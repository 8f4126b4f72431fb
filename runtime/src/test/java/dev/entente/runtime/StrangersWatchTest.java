package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.entente.runtime.ConnectionGate.Reason;
import dev.entente.testkit.Await;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Strangers: who comes over the network and has shown no certificate.
@Timeout(60)
class StrangersWatchTest extends WatchedListener {
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

    awaitNextPongOn(stranger, resets(100));

    assertThat(gate.refused(Reason.CUT_OFF)).isZero();
  }

  /// Who reads a published document says all when it asks.
  @Test
  void endsAStrangerThatResetsAnsweredCallsWhereNoGrpcIsSpoken() throws Exception {
    var open = gateWith(ConnectionLimits.of(10, 10));
    listenOverTcp(server(open));
    awaitPongOn(connect("127.0.0.1"), streams(50).appendBuffer(resets(50)));
    assertThat(open.refused(Reason.CUT_OFF)).isZero();
    var stranger = connect("127.0.0.1");
    awaitPongOn(stranger, streams(51));

    var _ = stranger.write(resets(51));

    Await.until("cut off", SOON, () -> open.refused(Reason.CUT_OFF) == 1);
  }

  private static Buffer resets(int count) {
    var resets = Buffer.buffer();
    for (var i = 0; i < count; i++) {
      resets.appendBuffer(frame(3, 0, 2 * i + 1, 4));
    }
    return resets;
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
    assertThat(gate.streams().ofStrangers()).isEqualTo(100);

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
    assertThat(opened).hasValue(NetworkStreams.STRANGERS_PER_ADDRESS_MAX);
    assertThat(gate.streams().refused()).isEqualTo(1100 - 1024);

    for (var address : List.of("127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6")) {
      open(address, 10);
    }
    assertThat(opened).hasValue(NetworkStreams.STRANGERS_MAX);

    identity.set("spiffe://td.example/agent");
    open("127.0.0.6", 1);
    assertThat(opened).as("who is known").hasValue(NetworkStreams.STRANGERS_MAX + 100);
    assertThat(gate.refused(Reason.CUT_OFF)).isZero();

    for (var socket : ofOne) {
      await(socket.close());
    }
    Await.until(
        "all given back",
        SOON,
        () ->
            gate.streams().ofStrangers()
                == NetworkStreams.STRANGERS_MAX - NetworkStreams.STRANGERS_PER_ADDRESS_MAX);
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

    assertThat(opened).hasValue(NetworkStreams.PER_IDENTITY_MAX);
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
      Await.until("given back", SOON, () -> gate.streams().ofStrangers() == 0 && gate.open() == 0);
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
}
