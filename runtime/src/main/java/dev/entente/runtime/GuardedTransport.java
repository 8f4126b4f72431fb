package dev.entente.runtime;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// A transport that puts a gate into each listening channel, before Netty's own handler.
final class GuardedTransport implements Transport {
  private final Transport delegate;
  private final ConnectionGate gate;
  private final Optional<ArrivalPace> pace;

  GuardedTransport(Transport delegate, ConnectionGate gate, Optional<ArrivalPace> pace) {
    this.delegate = delegate;
    this.gate = gate;
    this.pace = pace;
  }

  @Override
  public void configure(NetServerOptions options, boolean local, ServerBootstrap bootstrap) {
    delegate.configure(options, local, bootstrap);
    bootstrap.handler(
        new AcceptHandler(gate, pace, many -> ThreadLocalRandom.current().nextInt(many)));
  }

  @Override
  public boolean supportsDomainSockets() {
    return delegate.supportsDomainSockets();
  }

  @Override
  public boolean supportFileRegion() {
    return delegate.supportFileRegion();
  }

  @Override
  public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
    return delegate.convert(address);
  }

  @Override
  public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
    return delegate.convert(address);
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return delegate.ioHandlerFactory();
  }

  @Override
  public DatagramChannel datagramChannel() {
    return delegate.datagramChannel();
  }

  @Override
  @SuppressWarnings("deprecation") // Vert.x' own signature
  public DatagramChannel datagramChannel(InternetProtocolFamily family) {
    return delegate.datagramChannel(family);
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean local) {
    return delegate.channelFactory(local);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean local) {
    return delegate.serverChannelFactory(local);
  }
}
