package dev.entente.runtime;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/// Stands in a listening channel before whatever takes its connections over.
///
/// With an [ArrivalPace] it hands no more on while enough newcomers are under way. The others wait
/// here, where each costs its place and a descriptor and nobody reads what it sends, and are taken
/// in turn: one of each address, then the next of each. In the kernel's queue, which knows no
/// addresses, whoever connects fastest would stand before everybody else.
///
/// Before that comes a door, for those of whose address strangers were cut off ([AddressPace]): one
/// of them goes through at each turn of that address, by chance, so that whoever connects fastest
/// does not stand before those who share its address either.
final class AcceptHandler extends ChannelInboundHandlerAdapter {
  private final ConnectionGate gate;
  private final Optional<ArrivalPace> pace;
  private final IntUnaryOperator chance;

  // Touched by the accepting thread alone. An address of which nobody waits has no entry.
  private final Map<String, Door> doors = new HashMap<>();
  private final SequencedMap<String, SequencedSet<Newcomer>> waiting = new LinkedHashMap<>();
  private int underWay;

  /// @param chance one of so many, counted from zero
  AcceptHandler(ConnectionGate gate, Optional<ArrivalPace> pace, IntUnaryOperator chance) {
    this.gate = gate;
    this.pace = pace;
    this.chance = chance;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof Channel accepted)) {
      context.fireChannelRead(message);
      return;
    }
    var newcomer = new Newcomer(context, accepted);
    var peer = gate.admit(accepted, context.executor(), newcomer);
    if (peer.isEmpty()) {
      // It was never registered with an event loop, so nothing but its descriptor is to be let go.
      accepted.unsafe().closeForcibly();
    } else if (pace.isEmpty()) {
      newcomer.handOn();
    } else {
      newcomer.comeToDoor(peer.get());
      handOn(pace.get());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    List.copyOf(doors.values()).forEach(Door::close);
    for (var next = next(); next.isPresent(); next = next()) {
      next.get().turnAway();
    }
    context.fireChannelInactive();
  }

  private void handOn(ArrivalPace pace) {
    while (underWay < pace.atOnce()) {
      var next = next();
      if (next.isEmpty()) {
        return;
      }
      next.get().begin(pace);
    }
  }

  /// Takes the first that waits of the address whose turn it is, which is the last one then.
  private Optional<Newcomer> next() {
    var turn = waiting.pollFirstEntry();
    if (turn == null) {
      return Optional.empty();
    }
    var ofPeer = turn.getValue();
    var next = ofPeer.removeFirst();
    if (!ofPeer.isEmpty()) {
      waiting.put(turn.getKey(), ofPeer);
    }
    return Optional.of(next);
  }

  private void forget(String peer, Newcomer newcomer) {
    Optional.ofNullable(doors.get(peer)).ifPresent(door -> door.forget(newcomer));
    var ofPeer = waiting.get(peer);
    if (ofPeer != null && ofPeer.remove(newcomer) && ofPeer.isEmpty()) {
      waiting.remove(peer);
    }
  }

  /// Where newcomers of one address stand until it is its turn. Mostly that is at once, and the
  /// door is gone again.
  private final class Door {
    private final String peer;
    private final EventExecutor executor;
    private final List<Newcomer> before = new ArrayList<>();
    private Optional<Future<?>> nextTurn = Optional.empty();

    Door(String peer, EventExecutor executor) {
      this.peer = peer;
      this.executor = executor;
    }

    void come(Newcomer newcomer) {
      before.add(newcomer);
      if (nextTurn.isEmpty()) {
        letIn();
      }
    }

    void forget(Newcomer newcomer) {
      before.remove(newcomer);
    }

    /// Lets in whose turn it is now.
    void open() {
      nextTurn.ifPresent(turn -> turn.cancel(false));
      nextTurn = Optional.empty();
      letIn();
      pace.ifPresent(AcceptHandler.this::handOn);
    }

    private void letIn() {
      while (!before.isEmpty()) {
        var wait = gate.addresses().take(peer);
        if (wait.isPositive()) {
          nextTurn =
              Optional.of(executor.schedule(this::open, wait.toNanos(), TimeUnit.NANOSECONDS));
          return;
        }
        before.remove(chance.applyAsInt(before.size())).waitForTurn();
      }
      doors.remove(peer);
    }

    void close() {
      nextTurn.ifPresent(turn -> turn.cancel(false));
      List.copyOf(before).forEach(Newcomer::turnAway);
      doors.remove(peer);
    }
  }

  /// A connection that has just been let in.
  private final class Newcomer implements ConnectionGate.Arrival {
    private final ChannelHandlerContext listening;
    private final Channel accepted;

    // Touched by the accepting thread alone.
    private String peer = "";
    private boolean handedOn;
    private boolean counts;

    Newcomer(ChannelHandlerContext listening, Channel accepted) {
      this.listening = listening;
      this.accepted = accepted;
    }

    void comeToDoor(String peer) {
      this.peer = peer;
      doors.computeIfAbsent(peer, _ -> new Door(peer, listening.executor())).come(this);
    }

    void waitForTurn() {
      waiting.computeIfAbsent(peer, _ -> new LinkedHashSet<>()).add(this);
    }

    void begin(ArrivalPace pace) {
      counts = true;
      underWay++;
      var _ =
          listening
              .executor()
              .schedule(this::leave, pace.countsFor().toNanos(), TimeUnit.NANOSECONDS);
      handOn();
    }

    void handOn() {
      handedOn = true;
      listening.fireChannelRead(accepted);
    }

    @Override
    public boolean turnAway() {
      if (handedOn) {
        return false;
      }
      forget(peer, this);
      accepted.unsafe().closeForcibly();
      gate.released(accepted);
      return true;
    }

    /// A listener that ends need not hear of it.
    @Override
    public void settled() {
      later(this::leave);
    }

    @Override
    public void turnGivenBack() {
      later(() -> Optional.ofNullable(doors.get(peer)).ifPresent(Door::open));
    }

    private void later(Runnable action) {
      if (pace.isPresent() && !listening.executor().isShuttingDown()) {
        listening.executor().execute(action);
      }
    }

    private void leave() {
      if (counts) {
        counts = false;
        underWay--;
        pace.ifPresent(AcceptHandler.this::handOn);
      }
    }
  }
}
