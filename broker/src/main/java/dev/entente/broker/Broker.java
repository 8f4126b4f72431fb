package dev.entente.broker;

import dev.entente.broker.api.BrokerApi;
import dev.entente.broker.api.RateLimits;
import dev.entente.broker.attestation.AttestationFlow;
import dev.entente.broker.attestation.RecentRefusals;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.NodeAction;
import dev.entente.broker.audit.AuditLog;
import dev.entente.broker.audit.AuditOptions;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditSigner;
import dev.entente.broker.authority.AuditKey;
import dev.entente.broker.authority.Authorities;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.CryptoProvider;
import dev.entente.broker.authority.LostKeys;
import dev.entente.broker.authority.SigningGuard;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryOptions;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.PruneOptions;
import dev.entente.broker.store.Store;
import dev.entente.broker.store.StoreOptions;
import dev.entente.broker.upstream.Upstream;
import dev.entente.runtime.DaemonVertx;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Health;
import dev.entente.runtime.Metrics;
import dev.entente.runtime.Precedence;
import dev.entente.spiffe.SpiffeId;
import io.github.bucket4j.TimeMeter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running broker: the one place that calls constructors. Read from the top it is the
/// architecture: what lasts, what a request reads, what signs, who may join, who else is trusted,
/// and the edge.
public final class Broker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

  /// How long an orderly stop may take, all parts together.
  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  /// How long a start waits for what it has written to be seen; a moment, unless the store fails.
  private static final Duration VIEW_WITHIN = Duration.ofSeconds(30);

  /// By then whoever waited for this start has been answered, and nobody waits for what this costs.
  private static final Duration PRECEDENCE_AFTER = Duration.ofSeconds(5);

  private final BrokerConfig config;
  private final InstantSource clock;
  private final Metrics metrics;
  private final Closing closing;
  private final Vertx vertx;
  private final Store store;
  private final AuditLog audit;
  private final AuditSigner auditKey;
  private final Registry registry;
  private final OwnBundle ownBundle;
  private final Optional<Upstream> above;
  private final Authorities authorities;
  private final ServerIdentity identity;
  private final FederationManager federation;
  private final Listeners listeners;
  private final OpenPeers openPeers;
  private final BrokerApi api;
  private final Ticks ticks;
  private final Precedence precedence = new Precedence();

  private Broker(BrokerConfig config, InstantSource clock, Closing closing) throws IOException {
    this.config = config;
    this.clock = clock;
    this.closing = closing;
    CryptoProvider.install();
    this.metrics = config.ops().isPresent() ? Metrics.exported() : Metrics.unexported();
    this.vertx = Vertx.vertx(DaemonVertx.options());
    closing.add("vertx", vertx::close);
    var random = new SecureRandom();

    // What lasts.
    this.store = Store.open(new StoreOptions(config.dataDir(), config.trustDomain(), clock));
    closing.add("store", store);
    var member = MemberName.of(config.dataDir());
    var keys = AuthoritySettings.keyManager(config);
    this.auditKey = AuditKey.of(keys);
    this.audit =
        AuditLog.open(
            AuditOptions.of(config.dataDir().resolve("audit"), member, config.audit()),
            auditKey,
            clock,
            AuditWitness.remembered(store.witness()));
    audit.onSignedHead(head -> AuditWitness.note(store.witness(), head));
    closing.add("audit", audit);

    // What a request reads.
    this.registry =
        Registry.of(store, RegistryOptions.of(config.trustDomain(), config.maxViewAge()));
    closing.add("registry", registry);
    this.ownBundle = new OwnBundle(config.trustDomain(), store.bundles(), config.refreshHint());

    // What signs.
    var crypto = CryptoPool.start(precedence);
    closing.add("crypto", crypto);
    this.above = AuthoritySettings.server(config, vertx, clock);
    above.ifPresent(server -> closing.add("upstream", server));
    this.authorities =
        new Authorities(
            AuthoritySettings.options(config, member),
            keys,
            AuthoritySettings.upstream(config, above),
            store.journal(),
            ownBundle,
            audit,
            AuthoritySettings.x509(config),
            AuthoritySettings.jwt(config),
            AuthoritySettings.wit(config),
            new SigningGuard(registry::pauseObjection, registry::pauses),
            clock,
            random);
    closing.add("authorities", authorities);
    var x509 = authorities.x509Issuer();
    this.identity = new ServerIdentity(x509, crypto, ownBundle, audit, clock);

    // Who may join.
    var refusals = new RecentRefusals(clock);
    var attestation =
        new AttestationFlow(
            config.trustDomain(),
            config.attestors(),
            ownBundle.asSource(),
            store.nodes(),
            x509,
            crypto,
            audit,
            refusals,
            precedence,
            metrics.registry());

    // Who else is trusted.
    this.federation =
        new FederationManager(
            vertx,
            config.federation(),
            WebAuthorities.of(config.federation().webAuthorities()),
            ownBundle,
            store.bundles(),
            registry,
            clock);
    closing.add("federation", federation);

    // The edge.
    var gates = Gates.of(config.connections(), precedence);
    closing.add("gates", gates);
    this.listeners = new Listeners(vertx, config, gates, ownBundle, identity::current);
    this.openPeers =
        new OpenPeers(
            vertx,
            config.trustDomain(),
            config.adminIds(),
            ownBundle,
            federation::held,
            clock,
            listeners::disconnect);
    this.api =
        new BrokerApi(
            new BrokerApi.Parts(
                config.trustDomain(),
                config.adminIds(),
                config.federation().strict(),
                config.log().level(),
                store,
                registry,
                ownBundle,
                authorities,
                x509,
                authorities.jwtIssuer(),
                authorities.witIssuer(),
                key -> above.map(server -> server.publish(key)).orElseGet(Future::succeededFuture),
                crypto,
                attestation,
                refusals,
                new RateLimits(config.limits(), TimeMeter.SYSTEM_NANOTIME),
                audit,
                audit::denied,
                identity::current,
                federation::refresh,
                agentId -> listeners.disconnect(BrokerApi.isAgent(agentId)),
                this::health,
                metrics.registry(),
                clock));
    this.ticks = new Ticks(vertx);
    closing.add("ticks", ticks);
    gates.register(metrics.registry());
    federation.register(metrics.registry());
    BrokerFigures.register(
        metrics.registry(), registry, authorities, above, crypto, federation, audit, clock);
  }

  /// Starts a broker and returns once clients can be issued SVIDs. Blocks.
  ///
  /// @throws IOException if something the broker needs on this machine is not as it must be
  public static Broker start(BrokerConfig config) throws IOException, InterruptedException {
    return start(config, InstantSource.system());
  }

  /// As [#start(BrokerConfig)], with another clock.
  static Broker start(BrokerConfig config, InstantSource clock)
      throws IOException, InterruptedException {
    var closing = new Closing();
    try {
      var broker = new Broker(config, clock, closing);
      await(broker.open());
      return broker;
    } catch (IOException | InterruptedException | RuntimeException e) {
      closing.run(STOP_WITHIN, Future::succeededFuture);
      throw e;
    }
  }

  /// 1. The view is loaded. 2. Authorities are there, made if this is the first start, and the view
  ///    shows them. 3. The broker has its own SVID. 4. Bundles of others are polled. 5. The
  ///    listeners open, the private one last.
  private Future<Void> open() throws IOException {
    registry.onBundleChange(bundle -> {
      if (bundle.trustDomain().equals(config.trustDomain())) {
        ownBundle.observe(bundle);
      }
      openPeers.bundleChanged(bundle);
    });
    return registry
        .start()
        .compose(_ ->
            store
                .settings()
                .put(
                    AuditSigner.SETTING_PREFIX + auditKey.keyId(),
                    auditKey.publicKey().getEncoded()))
        .compose(_ -> ownBundle.load())
        .compose(_ -> startAuthorities())
        .compose(_ -> settleLostKeys())
        .compose(_ -> awaitAuthoritiesInView())
        .compose(_ -> identity.tick())
        .compose(_ -> federation.start())
        .compose(_ -> listeners.open(api, openPeers.trustManager()))
        .compose(_ -> listeners.openOps(this::health, metrics))
        .map(_ -> {
          startTicks();
          NameAdvice.on(config.trustDomain())
              .ifPresent(advice ->
                  LOG.atWarn()
                      .addKeyValue(Fields.TRUST_DOMAIN, config.trustDomain())
                      .addKeyValue(Fields.REASON, advice)
                      .log("The name of the trust domain may not be unique"));
          LOG.atInfo()
              .addKeyValue(Fields.TRUST_DOMAIN, config.trustDomain())
              .addKeyValue(Fields.ADDRESS, config.listen().host() + ":" + port())
              .addKeyValue(Fields.PATH, config.socket())
              .log("Broker is ready");
          return null;
        });
  }

  /// The server above may be asked for the first authority, and knows roots that ours does not.
  private Future<Void> startAuthorities() {
    above.ifPresent(Upstream::start);
    return authorities.start().compose(_ -> followUpstream());
  }

  /// Who is let in right after the start reads a bundle that has our authorities.
  private Future<Void> awaitAuthoritiesInView() {
    return registry
        .awaitRevision(ownBundle.revision())
        .timeout(VIEW_WITHIN.toSeconds(), TimeUnit.SECONDS)
        .mapEmpty();
  }

  private Future<Void> followUpstream() {
    return above
        .map(server -> server.tick(bundle -> authorities.follow(bundle, store.settings())))
        .orElseGet(Future::succeededFuture);
  }

  private Future<Void> settleLostKeys() {
    try {
      LostKeys.settle(config.dataDir());
      return Future.succeededFuture();
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  /// Whether a client can be issued an SVID now.
  public Health health() {
    if (registry.view() instanceof ViewState.Unavailable(var reason)) {
      return Health.notReady(reason);
    }
    if (authorities.activeX509().isEmpty()) {
      return Health.notReady("no X.509 authority is active");
    }
    if (identity.current().isEmpty()) {
      return Health.notReady("the broker has no valid SVID of its own");
    }
    return audit
        .fault()
        .map(fault -> Health.notReady("the audit log cannot be written: " + fault))
        .orElseGet(Health::ready);
  }

  private void startTicks() {
    ticks.every(Duration.ofSeconds(5), "server-svid", identity::tick);
    ticks.every(Duration.ofSeconds(10), "authorities", authorities::tick);
    if (above.isPresent()) {
      ticks.every(Duration.ofSeconds(5), "upstream", this::followUpstream);
    }
    ticks.every(Duration.ofSeconds(5), "standing", this::endDoubtfulConnections);
    ticks.every(config.prune().every(), "prune", this::prune);
    ticks.every(Duration.ofMinutes(1), "certificates", this::reloadCertificates);
    ticks.once(PRECEDENCE_AFTER, "precedence", this::answerFirst);
  }

  private void answerFirst() {
    precedence.enable();
    DaemonVertx.onEventLoops(vertx, precedence::answers);
  }

  private Future<Void> prune() {
    var options =
        new PruneOptions(
            config.prune().nodesExpiredFor(),
            config.prune().tofuNodes(),
            PruneOptions.DEFAULT.batch());
    var now = clock.instant();
    return store
        .pruner()
        .tick(now, options)
        .onSuccess(report -> report.nodes().forEach(this::noteExpired))
        .compose(_ -> ownBundle.change(bundle -> BundleEdits.prune(bundle, now)))
        .mapEmpty();
  }

  private void noteExpired(SpiffeId agentId) {
    audit.result(new AuditEvent.NodeChange(AuditOrigin.system(), NodeAction.EXPIRE, agentId));
  }

  private Future<Void> endDoubtfulConnections() {
    listeners.disconnect(peer -> api.isDoubtful(peer) || openPeers.isOrphaned(peer));
    return Future.succeededFuture();
  }

  private Future<Void> reloadCertificates() {
    return vertx
        .executeBlocking(
            () -> {
              listeners.reload();
              return true;
            },
            false)
        .mapEmpty();
  }

  /// Reads certificates that changed.
  public void reload() {
    listeners.reload();
  }

  /// The audit log, for tests that take it away.
  AuditLog audit() {
    return audit;
  }

  /// What requests are answered from, for tests that hold it back.
  Registry registry() {
    return registry;
  }

  /// The TCP port bound.
  public int port() {
    return listeners.port();
  }

  /// The ports of the HTTPS listeners.
  public List<Integer> httpsPorts() {
    return listeners.httpsPorts();
  }

  /// The port of the operators' surface; 0 if it is off.
  public int opsPort() {
    return listeners.opsPort();
  }

  /// Takes no new calls, lets running ones finish, and writes down everything that was accepted.
  /// Takes at most ten seconds. Further calls do nothing.
  @Override
  public void close() {
    closing.run(STOP_WITHIN, listeners::drain);
    metrics.close();
  }

  /// Waits for a step of the start; what fails it is thrown as it is.
  private static void await(Future<Void> step) throws IOException, InterruptedException {
    try {
      step.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException bug -> throw bug;
        case null, default -> throw new IOException("broker did not start", e.getCause());
      }
    }
  }
}
