package dev.entente.runtime;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Stands in a listening channel before whatever takes its connections over.
@Sharable
final class AcceptHandler extends ChannelInboundHandlerAdapter {
  private final ConnectionGate gate;

  AcceptHandler(ConnectionGate gate) {
    this.gate = gate;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof Channel accepted)) {
      context.fireChannelRead(message);
    } else if (gate.admit(accepted, context.executor())) {
      context.fireChannelRead(message);
    } else {
      // It was never registered with an event loop, so nothing but its descriptor is to be let go.
      accepted.unsafe().closeForcibly();
    }
  }
}
