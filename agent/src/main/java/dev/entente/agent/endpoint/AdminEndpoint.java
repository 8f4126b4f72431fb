package dev.entente.agent.endpoint;

import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.UnixSocket;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.runtime.Health;
import dev.entente.runtime.OpenStreams;
import dev.entente.runtime.Version;
import dev.entente.spiffe.SpiffeId;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/// What the operator of this machine asks the agent: SPIRE's Debug, Logger and Delegated Identity,
/// and our Operations.
///
/// The socket's mode 0770 is the whole authorisation: who may connect may ask everything here, but
/// for the identities of others, which are handed to authorised delegates only.
public final class AdminEndpoint {
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /// Operators' programs hold a connection or two.
  private static final ConnectionLimits LIMITS = ConnectionLimits.of(256, 64);

  /// A delegate has a stream for each workload of the node, and there are few delegates.
  private static final int STREAMS_MAX = 16_384;

  private final ConnectionGate gate = new ConnectionGate("admin-socket", LIMITS);
  private final Vertx vertx;
  private final Supplier<Health> health;
  private final DebugHandlers debug;
  private final LoggerHandlers logger;
  private final StatusHandlers status;
  private final DelegatedIdentity delegatedIdentity;

  /// An endpoint that tells of `source` and `cache` once it listens; its uptime begins now.
  ///
  /// @param storedSvids how many SVIDs are held for stores
  /// @param attestation finds out whether a caller is a delegate
  /// @param delegates who may have the identities of others
  /// @param health whether a workload can be served; asked on an event loop, must not block
  public AdminEndpoint(
      Vertx vertx,
      IdentitySource source,
      SvidCache cache,
      IntSupplier storedSvids,
      WorkloadAttestation attestation,
      Set<SpiffeId> delegates,
      Supplier<Health> health,
      InstantSource clock,
      Version version) {
    this(
        vertx,
        source,
        cache,
        storedSvids,
        attestation,
        delegates,
        health,
        clock,
        version,
        LogLevels.ofProcess());
  }

  AdminEndpoint(
      Vertx vertx,
      IdentitySource source,
      SvidCache cache,
      IntSupplier storedSvids,
      WorkloadAttestation attestation,
      Set<SpiffeId> delegates,
      Supplier<Health> health,
      InstantSource clock,
      Version version,
      LogLevels levels) {
    this.vertx = vertx;
    this.health = health;
    this.debug = new DebugHandlers(source, cache, storedSvids, clock);
    this.logger = new LoggerHandlers(levels);
    this.status = new StatusHandlers(source, cache, health, version);
    this.delegatedIdentity =
        new DelegatedIdentity(
            vertx, cache, attestation, new OpenStreams<>(STREAMS_MAX, STREAMS_MAX), delegates);
  }

  /// Listens on `socket`; fails with a sentence if the place cannot be used.
  public Future<Listening> listen(Path socket) {
    var router =
        RpcRouter.builder(new CallInterceptor() {})
            .service(debug.service())
            .service(logger.service())
            .service(status.service())
            .service(delegatedIdentity.service())
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
