package dev.entente.runtime;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets connections into a listener, as long as there is room for them.
///
/// Every listener has one. A connection is judged when the kernel hands it over, before a byte of
/// it is read and before any TLS: a refused one costs an `accept` and a `close`. It holds a place
/// of its address, or of its user on a Unix socket, until it closes; a peer that shows a
/// certificate moves to a place of its identity ([#identified]), so that many agents behind one
/// address do not stand in each other's way, and one that shows none has to share the part of the
/// anonymous ([#anonymous]).
///
/// Use: listen with what [#guard] returns. Any thread may call.
public final class ConnectionGate {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionGate.class);

  /// A refusal costs its sender nothing, so a flood of them gets a line each ten seconds.
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

  private static final AttributeKey<ConnectionPass> PASS =
      AttributeKey.valueOf(ConnectionGate.class, "pass");

  /// Why a connection was refused or closed.
  public enum Reason {
    /// The listener has no place left.
    LISTENER_FULL,
    /// Peers without a certificate fill their part of the places.
    ANONYMOUS_FULL,
    /// The peer has no place left.
    PEER_FULL,
    /// The peer did not finish its TLS handshake, or sent no HTTP, in time.
    NOT_ESTABLISHED,
    /// The kernel would not say who called; mostly because the process is gone.
    UNKNOWN_CALLER,
    /// What the peer sent kept us busy without asking anything, or broke HTTP/2.
    CUT_OFF
  }

  private final String listener;
  private final ConnectionLimits limits;
  private final Optional<BoundedPool> handshakes;
  private final ConnectionPlaces places;
  private final LongSupplier nanoTime;
  private final Restraint restraint;
  private final AddressPace addresses;
  private final NetworkStreams streams;
  private final OccasionalLog lines = new OccasionalLog(LOG_INTERVAL);
  private final Map<Reason, AtomicLong> refused = new EnumMap<>(Reason.class);

  /// @param listener what is listened for, in figures and log lines
  public ConnectionGate(String listener, ConnectionLimits limits) {
    this(listener, limits, Optional.empty(), System::nanoTime);
  }

  /// As [#ConnectionGate(String, ConnectionLimits)], for a listener with TLS: it takes in a few
  /// newcomers at a time, so that a fleet that starts at once does not keep its neighbours waiting.
  ///
  /// @param handshakes where handshakes are computed, if the server asks for worker threads; one
  ///   for which there is no room fails
  public ConnectionGate(String listener, ConnectionLimits limits, BoundedPool handshakes) {
    this(listener, limits, Optional.of(handshakes), System::nanoTime);
  }

  ConnectionGate(
      String listener,
      ConnectionLimits limits,
      Optional<BoundedPool> handshakes,
      LongSupplier nanoTime) {
    this.listener = listener;
    this.limits = limits;
    this.handshakes = handshakes;
    this.places = new ConnectionPlaces(limits);
    this.nanoTime = nanoTime;
    this.streams = new NetworkStreams(listener, LOG_INTERVAL);
    this.restraint = new Restraint(nanoTime);
    this.addresses = new AddressPace(nanoTime);
    Arrays.stream(Reason.values()).forEach(reason -> refused.put(reason, new AtomicLong()));
  }

  /// Who has to wait for what an earlier connection sent.
  Restraint restraint() {
    return restraint;
  }

  /// The turns of newcomers of addresses behind which strangers were cut off.
  AddressPace addresses() {
    return addresses;
  }

  /// What this gate allows.
  public ConnectionLimits limits() {
    return limits;
  }

  /// A Vert.x whose servers let in only what this gate does. Their owner calls [#established] for
  /// each connection if it sets a connection handler of its own.
  public Vertx guard(Vertx vertx) {
    return new GuardedVertx((VertxInternal) vertx, this, handshakes);
  }

  /// Ends the time limit of a connection that speaks HTTP now, and begins to watch what it sends.
  /// If an earlier one of the same process was ended for that, this one has to wait before it is
  /// read.
  public void established(HttpConnection connection) {
    pass(connection)
        .ifPresent(pass -> {
          pass.establish();
          RecordWatch.judge(connection, () -> cutOff(pass, Restraint.Cause.FLOOD));
          FrameWatch.watch(
              connection,
              limits.areWithCertificates(),
              nanoTime,
              () -> streams.take(pass),
              cause -> cutOff(pass, cause));
          hold(connection, pass);
        });
  }

  private void cutOff(ConnectionPass pass, Restraint.Cause cause) {
    pass.restrained().ifPresent(peer -> restraint.ended(peer, cause));
    if (limits.areWithCertificates()) {
      pass.stranger().ifPresent(addresses::ended);
    }
    count(Reason.CUT_OFF, pass.restrained().orElseGet(pass::peer));
  }

  private void hold(HttpConnection connection, ConnectionPass pass) {
    pass.restrained()
        .map(restraint::of)
        .ifPresent(wait -> FrameTurns.of(connection).ifPresent(turns -> turns.hold(wait)));
  }

  /// Counts a connection for `identity`, which its peer has proved, instead of its address, and
  /// lets the next newcomer of that address in. False if that identity has no place left: then the
  /// connection must be closed.
  public boolean identified(HttpConnection connection, String identity) {
    var pass = pass(connection);
    var refusal = pass.flatMap(it -> it.moveTo(identity));
    refusal.ifPresent(reason -> count(reason, identity));
    pass.ifPresent(it -> {
      it.giveTurnBack();
      hold(connection, it);
    });
    if (refusal.isEmpty()) {
      FrameWatch.of(connection).ifPresent(FrameWatch::identified);
    }
    return refusal.isEmpty();
  }

  /// Counts a connection among those whose peers have shown no certificate. False if these have no
  /// place left: then the connection must be closed.
  public boolean anonymous(HttpConnection connection) {
    var pass = pass(connection);
    var refusal = pass.flatMap(ConnectionPass::stayAnonymous);
    refusal.ifPresent(reason -> count(reason, pass.map(ConnectionPass::peer).orElse("")));
    return refusal.isEmpty();
  }

  /// Counts and logs a connection whose caller is not known, and closes it.
  public void refuseUnknown(HttpConnection connection, String why) {
    count(Reason.UNKNOWN_CALLER, why);
    connection.close();
  }

  /// Connections open now.
  public int open() {
    return places.taken();
  }

  /// Connections refused or closed so far for this reason.
  public long refused(Reason reason) {
    return counter(reason).get();
  }

  /// The calls that come over the network.
  NetworkStreams streams() {
    return streams;
  }

  /// Shows open and refused connections under the listener's name.
  public void register(MeterRegistry meters) {
    Gauge.builder("entente.connections", this, ConnectionGate::open)
        .description("Open connections")
        .tag("listener", listener)
        .register(meters);
    FunctionCounter.builder("entente.streams.refused", streams, NetworkStreams::refused)
        .description("Calls refused because too many were open")
        .tag("listener", listener)
        .register(meters);
    refused.forEach((reason, count) ->
        FunctionCounter.builder("entente.connections.refused", count, AtomicLong::get)
            .description("Connections refused, closed before they were used, or cut off")
            .tag("listener", listener)
            .tag("reason", name(reason))
            .register(meters));
  }

  /// A connection on its way from the kernel to an event loop.
  interface Arrival {
    /// It is established, or gone. Told once, on any thread.
    void settled();

    /// Drops it if it still waits for its turn; else an event loop has it, which is to close it. On
    /// the thread that accepts.
    boolean turnAway();

    /// The next one of its address need not wait for a turn. On any thread.
    void turnGivenBack();
  }

  /// Judges what the kernel has accepted, on the thread that accepts. Gives whose place it takes;
  /// empty if it is refused: then the channel is to be dropped. It is closed if it is not
  /// established in time.
  Optional<String> admit(Channel accepted, EventExecutor acceptor, Arrival arrival) {
    ConnectionPass pass;
    try {
      pass = ConnectionPass.of(accepted, places, addresses, arrival);
    } catch (IOException e) {
      count(Reason.UNKNOWN_CALLER, Causes.of(e));
      return Optional.empty();
    }
    var peer = pass.peer();
    var refusal = places.take(peer);
    if (refusal.isPresent()) {
      count(refusal.get(), peer);
      return Optional.empty();
    }
    handshakes.ifPresent(_ -> accepted.pipeline().addFirst(new RecordWatch()));
    accepted.attr(PASS).set(pass);
    accepted.closeFuture().addListener(_ -> pass.release());
    var timer =
        acceptor.schedule(
            () -> closeUnlessEstablished(accepted, pass, arrival),
            limits.establishWithin().toMillis(),
            TimeUnit.MILLISECONDS);
    pass.onceEstablished(() -> {
      timer.cancel(false);
      arrival.settled();
    });
    return Optional.of(peer);
  }

  /// Gives the place of a connection back that was dropped before any event loop had it.
  void released(Channel dropped) {
    Optional.ofNullable(dropped.attr(PASS).get()).ifPresent(ConnectionPass::release);
  }

  private void closeUnlessEstablished(Channel channel, ConnectionPass pass, Arrival arrival) {
    if (!pass.isEstablished()) {
      count(Reason.NOT_ESTABLISHED, pass.peer());
      if (!arrival.turnAway()) {
        var _ = channel.close();
      }
    }
  }

  private void count(Reason reason, String peer) {
    counter(reason).incrementAndGet();
    long count = lines.count();
    if (count > 0) {
      LOG.atWarn()
          .addKeyValue(Fields.KIND, listener)
          .addKeyValue(Fields.REASON, name(reason))
          .addKeyValue(Fields.PEER, peer)
          .addKeyValue(Fields.COUNT, count)
          .log("Connections were refused");
    }
  }

  private AtomicLong counter(Reason reason) {
    var counter = refused.get(reason);
    if (counter == null) {
      throw new IllegalStateException("no counter of " + reason);
    }
    return counter;
  }

  private static String name(Reason reason) {
    return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Optional<ConnectionPass> pass(HttpConnection connection) {
    return connection instanceof ConnectionBase base
        ? Optional.ofNullable(base.channel().attr(PASS).get())
        : Optional.empty();
  }
}
