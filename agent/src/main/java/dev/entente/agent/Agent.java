package dev.entente.agent;

import dev.entente.agent.endpoint.AdminEndpoint;
import dev.entente.agent.endpoint.SpiffeBrokerEndpoint;
import dev.entente.agent.endpoint.WorkloadApiEndpoint;
import dev.entente.agent.endpoint.WorkloadApiSettings;
import dev.entente.agent.node.AgentEnd;
import dev.entente.agent.node.Node;
import dev.entente.agent.node.NodeOptions;
import dev.entente.agent.svidcache.StoredSvids;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.runtime.Daemon;
import dev.entente.runtime.DaemonVertx;
import dev.entente.runtime.DirectoryLock;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Health;
import dev.entente.runtime.Metrics;
import dev.entente.runtime.OpsServer;
import dev.entente.runtime.Version;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One agent, put together: what is constructed here, from top to bottom, is how the parts depend
/// on each other.
///
/// Operators can ask from the start; workloads can as soon as the node is attested and has read its
/// entries, which is also when the agent is ready.
public final class Agent {
  /// The node's flows and the workloads' streams.
  private static final int EVENT_LOOPS = 2;

  private static final int VERTX_CLOSE_SECONDS = 2;

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  private final AgentConfig config;
  private final InstantSource clock;
  private final DirectoryLock lock;
  private final Vertx vertx;
  private final Metrics metrics;
  private final Node node;
  private final SvidCache cache;
  private final StoredSvids storedSvids;
  private final WorkloadAttestation attestation;
  private final WorkloadApiEndpoint workloadApi;
  private final AdminEndpoint admin;
  private final Optional<SpiffeBrokerEndpoint> spiffeBroker;
  private final Daemon daemon;

  private volatile Optional<WorkloadApiEndpoint.Listening> serving = Optional.empty();
  private volatile Optional<AdminEndpoint.Listening> administered = Optional.empty();
  private volatile Optional<SpiffeBrokerEndpoint.Listening> brokered = Optional.empty();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicBoolean released = new AtomicBoolean();

  /// Puts an agent together; fails if its data directory cannot be used, for instance because
  /// another agent does.
  public Agent(AgentConfig config, Version version) throws IOException {
    this.config = config;
    this.clock = InstantSource.system();
    DurableFiles.createPrivateDirectory(config.dataDir());
    this.lock = DurableFiles.lock(config.dataDir());
    RandomGenerator random = new SecureRandom();

    this.vertx = Vertx.vertx(DaemonVertx.options().setEventLoopPoolSize(EVENT_LOOPS));
    this.metrics = config.ops().isPresent() ? Metrics.exported() : Metrics.unexported();
    this.node =
        Node.create(
            vertx,
            clock,
            random,
            nodeOptions(config, version),
            config.attestor().type(),
            config.attestor().source());
    this.cache = new SvidCache(vertx, node, config.svid(), clock, random);
    this.storedSvids =
        new StoredSvids(vertx, node, config.svidStores(), config.svid(), clock, random);
    this.attestation = new WorkloadAttestation(vertx, config.workloadAttestors());
    this.workloadApi =
        new WorkloadApiEndpoint(vertx, node, cache, attestation, workloadApi(config), clock);
    this.admin =
        new AdminEndpoint(
            vertx,
            node,
            cache,
            storedSvids::lastCount,
            attestation,
            config.authorizedDelegates(),
            this::health,
            clock,
            version);
    this.spiffeBroker =
        config
            .spiffeBroker()
            .map(settings ->
                new SpiffeBrokerEndpoint(
                    vertx,
                    node,
                    node::identity,
                    cache,
                    attestation,
                    settings,
                    config.profiles(),
                    clock));
    AgentMetrics.bind(node, cache, storedSvids, attestation.counts(), clock, metrics.registry());
    workloadApi.register(metrics.registry());
    admin.register(metrics.registry());
    spiffeBroker.ifPresent(it -> it.register(metrics.registry()));
    this.daemon = new Daemon();
    addParts();
  }

  private void addParts() {
    config
        .ops()
        .ifPresent(address ->
            daemon.add(
                "operations endpoint", new OpsServer(vertx, address, this::health, metrics)));
    daemon
        .add("SVID cache", part(cache::start, cache::stop))
        .add("SVID stores", part(storedSvids::start, storedSvids::stop))
        .add("admin socket", part(this::openAdmin, this::closeAdmin))
        .add("node", part(node::start, this::stopNode));
    spiffeBroker.ifPresent(it ->
        daemon.add("SPIFFE Broker API", part(() -> openSpiffeBroker(it), this::closeSpiffeBroker)));
    daemon.add("Workload API", part(this::openWorkloadApi, this::closeWorkloadApi));
  }

  /// Starts everything; done when workloads are served. Blocks.
  ///
  /// @throws ExecutionException if the node cannot be attested, or a socket cannot be used; nothing
  ///   runs any more then
  public void start() throws ExecutionException, InterruptedException {
    try {
      daemon.start();
    } catch (ExecutionException | InterruptedException e) {
      release();
      throw e;
    }
    new LeanHeap().watch(vertx);
    LOG.atInfo().addKeyValue(Fields.PATH, config.socket()).log("Agent serves the Workload API");
  }

  /// Completes when the agent has to end for a reason of its own.
  public Future<AgentEnd> ended() {
    return node.ended();
  }

  /// Whether a workload can be served now.
  public Health health() {
    var status = node.status();
    if (!status.synced()) {
      return Health.notReady(
          status
              .trouble()
              .orElse(
                  status.svid().isEmpty() ? "not attested yet" : "not synced with a broker yet"));
    }
    if (status.svid().filter(svid -> svid.notAfter().isAfter(clock.instant())).isEmpty()) {
      return Health.notReady(status.trouble().orElse("the agent's SVID has expired"));
    }
    return serving.isPresent() ? Health.ready() : Health.notReady("the Workload API is not open");
  }

  /// Ends streams with Unavailable, lets short calls finish, and closes everything; a start under
  /// way fails. Blocks for at most ten seconds: [Daemon#STOP_WITHIN] for the parts, the rest for
  /// what they stand on.
  public void stop() {
    stopping.set(true);
    node.giveUpStart();
    daemon.stop();
    release();
  }

  /// Whether somebody asked for the stop.
  boolean isStopping() {
    return stopping.get();
  }

  private void release() {
    if (!released.compareAndSet(false, true)) {
      return;
    }
    attestation.close();
    closeVertx();
    metrics.close();
    try {
      lock.close();
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("Data directory was not given back");
    }
  }

  private void closeVertx() {
    try {
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(VERTX_CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.atWarn().setCause(e).log("Event loops were not closed");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Future<Void> openWorkloadApi() {
    return workloadApi
        .listen(config.socket())
        .onSuccess(it -> serving = Optional.of(it))
        .mapEmpty();
  }

  private Future<Void> closeWorkloadApi() {
    var open = serving;
    serving = Optional.empty();
    return open.map(WorkloadApiEndpoint.Listening::close).orElseGet(Future::succeededFuture);
  }

  private Future<Void> openAdmin() {
    return admin
        .listen(config.adminSocket())
        .onSuccess(it -> administered = Optional.of(it))
        .mapEmpty();
  }

  private Future<Void> closeAdmin() {
    return administered.map(AdminEndpoint.Listening::close).orElseGet(Future::succeededFuture);
  }

  private Future<Void> openSpiffeBroker(SpiffeBrokerEndpoint endpoint) {
    return endpoint.listen().onSuccess(it -> brokered = Optional.of(it)).mapEmpty();
  }

  private Future<Void> closeSpiffeBroker() {
    return brokered.map(SpiffeBrokerEndpoint.Listening::close).orElseGet(Future::succeededFuture);
  }

  private Future<Void> stopNode() {
    node.stop();
    return Future.succeededFuture();
  }

  private static Daemon.Component part(Step start, Step stop) {
    return new Daemon.Component() {
      @Override
      public Future<Void> start() {
        return start.take();
      }

      @Override
      public Future<Void> stop() {
        return stop.take();
      }
    };
  }

  /// The start or the stop of a part.
  private interface Step {
    Future<Void> take();
  }

  private static NodeOptions nodeOptions(AgentConfig config, Version version) {
    return new NodeOptions(
        config.trustDomain(),
        config.brokers(),
        config.dataDir(),
        config.bootstrap(),
        config.rebootstrap(),
        config.syncInterval(),
        version.version());
  }

  private static WorkloadApiSettings workloadApi(AgentConfig config) {
    return new WorkloadApiSettings(
        config.allowUnauthenticatedVerifiers(),
        config.allowedForeignJwtClaims(),
        config.sds(),
        config.profiles(),
        config.limits());
  }
}
