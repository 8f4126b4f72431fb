package dev.entente.runtime;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.concurrent.TimeUnit;

/// Stands in a listening channel before whatever takes its connections over.
///
/// With an [ArrivalPace] it hands no more on while enough newcomers are under way. The others wait
/// here, where each costs its place and a descriptor and nobody reads what it sends, and are taken
/// in turn: one of each address, then the next of each. In the kernel's queue, which knows no
/// addresses, whoever connects fastest would stand before everybody else.
final class AcceptHandler extends ChannelInboundHandlerAdapter {
  private final ConnectionGate gate;
  private final Optional<ArrivalPace> pace;

  // Touched by the accepting thread alone. An address of which nobody waits has no entry.
  private final SequencedMap<String, SequencedSet<Newcomer>> waiting = new LinkedHashMap<>();
  private int underWay;

  AcceptHandler(ConnectionGate gate, Optional<ArrivalPace> pace) {
    this.gate = gate;
    this.pace = pace;
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
      newcomer.waitAs(peer.get());
      handOn(pace.get());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
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
    var ofPeer = waiting.get(peer);
    if (ofPeer != null && ofPeer.remove(newcomer) && ofPeer.isEmpty()) {
      waiting.remove(peer);
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

    void waitAs(String peer) {
      this.peer = peer;
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
      if (pace.isPresent() && !listening.executor().isShuttingDown()) {
        listening.executor().execute(this::leave);
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
