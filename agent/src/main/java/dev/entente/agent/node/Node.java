package dev.entente.agent.node;

import dev.entente.agent.node.AgentEnd.Reason;
import dev.entente.agent.node.NodeAttestation.Evidence;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node: attested, in step with its brokers, able to have SVIDs issued.
public final class Node implements IdentitySource {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  private final NodeContext context;
  private final String agentVersion;
  private final Bootstrap bootstrap;
  private final BrokerPool pool;
  private final IdentityKeeper keeper;
  private final Synchronizer synchronizer;
  private final PushFollower follower;
  private final SvidIssuer issuer;
  private final OwnBundle ownBundle;
  private final Promise<Void> started = Promise.promise();

  /// Wires a node over gRPC, files and the system's names.
  ///
  /// @param attestationType the type of `evidence` on the wire
  public static Node create(
      Vertx vertx,
      InstantSource clock,
      RandomGenerator random,
      NodeOptions options,
      String attestationType,
      EvidenceSource evidence) {
    return new Node(
        new VertxNodeContext(vertx),
        clock,
        random,
        options,
        new Evidence(attestationType, evidence),
        new Outside(
            new GrpcBrokerConnector(vertx, clock, options.trustDomain()),
            NameResolver.system(),
            new AgentStateFile(options.dataDir(), options.trustDomain()),
            new BundleDownload(vertx)));
  }

  /// What a test replaces.
  record Outside(
      BrokerConnector connector,
      NameResolver names,
      AgentStateStore store,
      BootstrapTrust.Download download) {}

  Node(
      NodeContext context,
      InstantSource clock,
      RandomGenerator random,
      NodeOptions options,
      Evidence evidence,
      Outside outside) {
    this.context = context;
    this.agentVersion = options.agentVersion();
    this.bootstrap = options.bootstrap();
    var trustDomain = options.trustDomain();
    var directory = new BrokerDirectory(context, clock, random, outside.names(), options.brokers());
    this.pool = new BrokerPool(context, outside.connector(), directory);
    this.ownBundle = new OwnBundle(trustDomain);
    this.keeper =
        new IdentityKeeper(
            context,
            clock,
            random,
            pool,
            new NodeAttestation(context, clock, pool, trustDomain, evidence),
            new BootstrapTrust(context, trustDomain, options.bootstrap(), outside.download()),
            options.rebootstrap(),
            new KeptState(context, outside.store()),
            ownBundle);
    this.synchronizer =
        new Synchronizer(context, clock, random, pool, trustDomain, options.syncInterval(), keeper);
    this.follower = new PushFollower(context, random, pool, synchronizer, keeper);
    this.issuer = new SvidIssuer(context, clock, pool);
  }

  /// Completes once the node is attested and the first sync has succeeded, so that workloads can be
  /// told what they are. Fails if the agent cannot go on; [#ended()] then says why.
  public Future<Void> start() {
    if (bootstrap instanceof Bootstrap.Insecure) {
      LOG.atWarn()
          .log("Broker would not be verified at a first attestation (insecure-bootstrap is set)");
    }
    keeper.ended().onSuccess(end -> started.tryFail(end.message()));
    context.run(() ->
        keeper
            .start()
            .compose(_ -> firstSync())
            .onComplete(_ -> started.tryComplete(), started::tryFail));
    return started.future();
  }

  /// Lets a start that is under way fail, because nobody waits for it any more.
  public void giveUpStart() {
    started.tryFail("the agent was told to stop");
  }

  /// Completes when the agent has to end for a reason of its own.
  public Future<AgentEnd> ended() {
    return keeper.ended();
  }

  /// Ends streams and connections; what is known stays readable.
  public void stop() {
    context.run(() -> {
      follower.stop();
      synchronizer.stop();
      pool.close();
    });
  }

  @Override
  public SyncState current() {
    return synchronizer.current();
  }

  @Override
  public void onUpdate(Consumer<SyncState> listener) {
    synchronizer.onUpdate(listener);
  }

  @Override
  public Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
    return onContext(() -> issuer.issueX509(orders));
  }

  @Override
  public Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
    return onContext(() -> issuer.issueWit(orders));
  }

  @Override
  public Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
    return onContext(() -> issuer.issueJwt(entryId, audience));
  }

  @Override
  public NodeStatus status() {
    return new NodeStatus(
        keeper.identity().map(AgentIdentity::svid),
        pool.lastUsed().map(it -> it.address().toString()),
        synchronizer.lastSuccess(),
        synchronizer.isPushed(),
        keeper.trouble().or(synchronizer::trouble));
  }

  /// The newest of this node's own identities; empty until it is attested.
  public Optional<AgentIdentity> identity() {
    return keeper.identity();
  }

  /// What this node has done since it was made.
  public NodeFigures figures() {
    return new NodeFigures(
        synchronizer.succeededSyncs(),
        synchronizer.failedSyncs(),
        keeper.rotations(),
        keeper.failedRotations());
  }

  private Future<Void> firstSync() {
    synchronizer.begin(ownBundle.newest());
    postStatus();
    var limit = keeper.startLimit();
    Promise<Void> synced = Promise.promise();
    var overdue = context.after(limit, () -> endUnsynced(limit.toString()));
    synchronizer.onUpdate(state -> {
      if (state.synced()) {
        overdue.cancel();
        synced.tryComplete();
      }
    });
    synchronizer.request(SyncWork.FULL);
    follower.start();
    return synced.future();
  }

  private void endUnsynced(String limit) {
    var why = synchronizer.trouble().orElse("no answer");
    keeper.end(Reason.UNREACHABLE, "no sync succeeded within " + limit + " of the start: " + why);
  }

  private void postStatus() {
    pool.call("reporting this agent's version", it -> it.postStatus(agentVersion))
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue(Fields.ERROR, cause.getMessage())
                .log("Agent's version was not reported"));
  }

  private <T> Future<T> onContext(Call<T> call) {
    Promise<T> promise = Promise.promise();
    context.run(() -> call.make().onComplete(promise));
    return promise.future();
  }

  /// A call made on the node's context.
  private interface Call<T> {
    Future<T> make();
  }
}
