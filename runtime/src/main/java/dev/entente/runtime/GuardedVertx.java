package dev.entente.runtime;

import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.WorkerPool;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import io.vertx.core.spi.transport.Transport;
import java.util.Optional;

/// A Vert.x whose servers have a gate in front.
///
/// Vert.x 5.0.7 tells of a connection only after its TLS handshake, and computes handshakes in a
/// pool of twenty threads with an endless queue. Both choices are made through the Vert.x that a
/// server is created with, so this one answers differently: its transport puts the gate into the
/// listening channel, and its internal pool is ours. Servers are created as Vert.x itself does.
final class GuardedVertx extends VertxWrapper {
  private final ConnectionGate gate;
  private final Transport transport;
  private final Optional<WorkerPool> handshakes;

  GuardedVertx(VertxInternal vertx, ConnectionGate gate, Optional<BoundedPool> handshakes) {
    super(vertx);
    this.gate = gate;
    this.transport =
        new GuardedTransport(
            vertx.transport(), gate, handshakes.map(_ -> ArrivalPace.ofHandshakes()));
    this.handshakes = handshakes.map(pool -> new WorkerPool(pool.executor(), null));
  }

  @Override
  public HttpServer createHttpServer(HttpServerOptions options) {
    return new HttpServerImpl(this, new HttpServerOptions(options))
        .connectionHandler(gate::established);
  }

  @Override
  public NetServerInternal createNetServer(NetServerOptions options) {
    return new NetServerImpl(this, options.copy());
  }

  @Override
  public Transport transport() {
    return transport;
  }

  @Override
  public WorkerPool internalWorkerPool() {
    return handshakes.orElseGet(delegate::internalWorkerPool);
  }
}
