package dev.entente.agent.endpoint;

import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.UnixSocket;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.runtime.Health;
import dev.entente.runtime.Version;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;

/// What the operator of this machine asks the agent: SPIRE's Debug and Logger, and our Operations.
///
/// The socket's mode 0770 is the whole authorisation: who may connect may ask everything here.
public final class AdminEndpoint {
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /// Operators' programs hold a connection or two.
  private static final ConnectionLimits LIMITS = ConnectionLimits.of(256, 64);

  private final ConnectionGate gate = new ConnectionGate("admin-socket", LIMITS);
  private final Vertx vertx;
  private final Supplier<Health> health;
  private final DebugHandlers debug;
  private final LoggerHandlers logger;
  private final StatusHandlers status;

  /// An endpoint that tells of `source` and `cache` once it listens; its uptime begins now.
  ///
  /// @param health whether a workload can be served; asked on an event loop, must not block
  public AdminEndpoint(
      Vertx vertx,
      IdentitySource source,
      SvidCache cache,
      Supplier<Health> health,
      InstantSource clock,
      Version version) {
    this(vertx, source, cache, health, clock, version, LogLevels.ofProcess());
  }

  AdminEndpoint(
      Vertx vertx,
      IdentitySource source,
      SvidCache cache,
      Supplier<Health> health,
      InstantSource clock,
      Version version,
      LogLevels levels) {
    this.vertx = vertx;
    this.health = health;
    this.debug = new DebugHandlers(source, cache, clock);
    this.logger = new LoggerHandlers(levels);
    this.status = new StatusHandlers(source, cache, health, version);
  }

  /// Listens on `socket`; fails with a sentence if the place cannot be used.
  public Future<Listening> listen(Path socket) {
    var router =
        RpcRouter.builder(new CallInterceptor() {})
            .service(debug.service())
            .service(logger.service())
            .service(status.service())
            .health(vertx, () -> health.get() instanceof Health.Ready)
            .reflection()
            .build();
    return RpcServer.listen(vertx, gate, UnixSocket.forOwnerAndGroup(socket), router)
        .map(Listening::new);
  }

  /// Shows connections.
  public void register(MeterRegistry meters) {
    gate.register(meters);
  }

  /// The open socket.
  public static final class Listening {
    private final RpcServer server;

    private Listening(RpcServer server) {
      this.server = server;
    }

    /// Accepts nothing more and lets calls finish shortly.
    public Future<Void> close() {
      return server.drain(DRAIN);
    }
  }
}
