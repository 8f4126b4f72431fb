package dev.entente.runtime;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Stands in a listening channel before whatever takes its connections over.
///
/// With an [ArrivalPace] it takes no more from the kernel while enough newcomers are on their way:
/// the others wait in the kernel's queue, where they cost nothing.
final class AcceptHandler extends ChannelInboundHandlerAdapter {
  private final ConnectionGate gate;
  private final Optional<ArrivalPace> pace;

  /// Newcomers that count; touched by the accepting thread alone.
  private int newcomers;

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
    var newcomer = new Newcomer(context);
    if (gate.admit(accepted, context.executor(), newcomer::settled)) {
      pace.ifPresent(newcomer::begin);
      context.fireChannelRead(message);
    } else {
      // It was never registered with an event loop, so nothing but its descriptor is to be let go.
      accepted.unsafe().closeForcibly();
    }
  }

  /// A connection that has just been let in.
  private final class Newcomer {
    private final ChannelHandlerContext listening;

    /// Touched by the accepting thread alone.
    private boolean counts;

    Newcomer(ChannelHandlerContext listening) {
      this.listening = listening;
    }

    void begin(ArrivalPace pace) {
      counts = true;
      newcomers++;
      if (newcomers >= pace.atOnce()) {
        listening.channel().config().setAutoRead(false);
      }
      var _ =
          listening
              .executor()
              .schedule(this::leave, pace.countsFor().toNanos(), TimeUnit.NANOSECONDS);
    }

    /// It is established, or gone. From any thread; a listener that ends need not hear of it.
    void settled() {
      if (pace.isPresent() && !listening.executor().isShuttingDown()) {
        listening.executor().execute(this::leave);
      }
    }

    private void leave() {
      if (counts) {
        counts = false;
        newcomers--;
        listening.channel().config().setAutoRead(true);
      }
    }
  }
}
