package dev.entente.agent.endpoint;

import dev.entente.agent.node.AgentIdentity;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTerms;
import dev.entente.rpc.UnixSocket;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.runtime.OpenStreams;
import dev.entente.spiffe.SpiffeId;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The SPIFFE Broker Endpoint: the [SPIFFE Broker API][SpiffeBrokerApi] over mutual TLS, on a Unix
/// socket of its own, so that no request comes from another node.
///
/// The agent shows its own SVID. A caller has to show one of the same trust domain, and to be named
/// in the configuration; the socket's mode 0770 is a second fence. Health and reflection are on the
/// same socket, behind the same fences.
public final class SpiffeBrokerEndpoint {
  private static final Duration DRAIN = Duration.ofSeconds(3);

  /// A SPIFFE broker holds a connection or two.
  private static final ConnectionLimits LIMITS = ConnectionLimits.withCertificates(256, 64);

  /// A SPIFFE broker has up to three streams for each workload of the node, and there are few of
  /// them. An open stream costs seven to eight kilobytes of the heap.
  private static final int STREAMS_MAX = 4_096;

  private static final int STREAMS_PER_BROKER_MAX = 2_048;

  private static final int HANDSHAKE_THREADS = 2;

  /// A handshake has two or three pieces of some hundred microseconds.
  private static final int HANDSHAKES_QUEUED = 1_024;

  private final Vertx vertx;
  private final IdentitySource source;
  private final SpiffeBrokerSettings settings;
  private final SpiffeBrokerCallers callers;
  private final DelegateStreams<SpiffeId> streams;
  private final SpiffeBrokerApi api;
  private final TlsTerms tls;
  private final BoundedPool handshakes =
      new BoundedPool("tls-handshake", HANDSHAKE_THREADS, HANDSHAKES_QUEUED);
  private final ConnectionGate gate = new ConnectionGate("spiffe-broker", LIMITS, handshakes);

  /// An endpoint that serves from `cache` once it listens.
  ///
  /// @param own the identity to show; while it is empty, handshakes fail
  /// @param attestation resolves references
  /// @param profiles which kinds of SVIDs it is about; the methods about others answer
  ///   Unimplemented
  public SpiffeBrokerEndpoint(
      Vertx vertx,
      IdentitySource source,
      Supplier<Optional<AgentIdentity>> own,
      SvidCache cache,
      WorkloadAttestation attestation,
      SpiffeBrokerSettings settings,
      Set<WorkloadProfile> profiles,
      InstantSource clock) {
    this.vertx = vertx;
    this.source = source;
    this.settings = settings;
    this.callers = new SpiffeBrokerCallers(source, settings.authorizedBrokers(), clock);
    this.streams =
        new DelegateStreams<>(vertx, new OpenStreams<>(STREAMS_MAX, STREAMS_PER_BROKER_MAX));
    this.api = new SpiffeBrokerApi(vertx, cache, attestation, callers, streams, profiles);
    this.tls =
        new TlsTerms(
            () -> own.get().map(it -> new TlsIdentity(it.key(), it.svid().chain())),
            callers.trust());
  }

  /// Listens; fails with a sentence if the place cannot be used.
  public Future<Listening> listen() {
    var router =
        RpcRouter.builder(callers)
            .service(api.service())
            .health(vertx, () -> source.current().synced())
            .reflection()
            .build();
    var socket = UnixSocket.forOwnerAndGroup(settings.socket());
    return RpcServer.listen(vertx, gate, socket, tls, router)
        .map(server -> new Listening(server, handshakes));
  }

  /// Shows connections, handshakes and streams.
  public void register(MeterRegistry meters) {
    gate.register(meters);
    handshakes.register(meters);
    Gauge.builder("entente.agent.spiffe.broker.streams", streams, DelegateStreams::size)
        .description("Open streams of the SPIFFE Broker API")
        .register(meters);
  }

  /// The open socket.
  public static final class Listening {
    private final RpcServer server;
    private final BoundedPool handshakes;

    private Listening(RpcServer server, BoundedPool handshakes) {
      this.server = server;
      this.handshakes = handshakes;
    }

    /// Accepts nothing more, ends streams with Unavailable, and lets other calls finish shortly.
    public Future<Void> close() {
      return server.drain(DRAIN).onComplete(_ -> handshakes.close());
    }
  }
}
