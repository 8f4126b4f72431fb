package dev.entente.broker;

import dev.entente.broker.BrokerConfig.Federation;
import dev.entente.broker.api.Refusal;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.BundleStore;
import dev.entente.federation.BundleFetcher;
import dev.entente.federation.BundlePoller;
import dev.entente.federation.BundleStorage;
import dev.entente.federation.EndpointProfile;
import dev.entente.federation.FederationRelationship;
import dev.entente.federation.RefreshSchedule;
import dev.entente.federation.RelationshipHealth;
import dev.entente.runtime.AddressRule;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the bundles of other trust domains fresh: those the configuration names, and those made
/// through the API, of which the configuration's stand before.
final class FederationManager implements BundleStorage, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FederationManager.class);

  /// Bounds of the interval: a partner may not make us ask each second, nor never.
  private static final RefreshSchedule SCHEDULE =
      new RefreshSchedule(Duration.ofMinutes(1), Duration.ofHours(24));

  /// A look-up may take as long as the resolver's own limit, tens of seconds.
  private static final int LOOKUP_THREADS = 8;

  private static final int LOOKUPS_QUEUED = 256;

  private final Federation config;
  private final OwnBundle own;
  private final BundleStore bundles;
  private final Registry registry;

  /// Name servers that do not answer hold these threads, and no other work.
  private final BoundedPool lookups = new BoundedPool("dns", LOOKUP_THREADS, LOOKUPS_QUEUED);

  private final BundlePoller poller;

  FederationManager(
      Vertx vertx,
      Federation config,
      Optional<X509TrustManager> webAuthorities,
      OwnBundle own,
      BundleStore bundles,
      Registry registry,
      InstantSource clock) {
    this.config = config;
    this.own = own;
    this.bundles = bundles;
    this.registry = registry;
    var fetcher =
        new BundleFetcher(
            vertx, lookups, new AddressRule(config.allowPrivateAddresses()), webAuthorities, clock);
    this.poller =
        new BundlePoller(vertx, fetcher, this, SCHEDULE, clock, RandomGenerator.getDefault());
  }

  /// Stores the first bundles the configuration brings, and begins to poll.
  Future<Void> start() {
    Future<Void> stored = Future.succeededFuture();
    for (var peer : config.federatesWith().entrySet()) {
      var file = peer.getValue().bundleFile();
      if (file.isPresent()) {
        stored = stored.compose(_ -> bootstrap(peer.getKey(), file.get()));
      }
    }
    return stored.map(_ -> {
      registry.onRelationshipChange(this::replace);
      replace();
      return null;
    });
  }

  /// A bundle in a file counts only while none is stored: later ones come from the endpoint.
  private Future<Void> bootstrap(TrustDomain domain, Path file) {
    SpiffeBundle bundle;
    try {
      bundle = BundleDocument.parse(domain, BoundedFiles.read(file, BundleDocument.MAX_BYTES));
    } catch (IOException | IllegalArgumentException e) {
      return Future.failedFuture(
          new IOException(
              "bundle-file " + file + " of " + domain + " not read: " + e.getMessage(), e));
    }
    return bundles
        .edit(domain, present -> present.isPresent() ? Optional.empty() : Optional.of(bundle))
        .compose(written -> registry.awaitRevision(written.revision()))
        .mapEmpty();
  }

  private void replace() {
    if (registry.view() instanceof ViewState.Ready(var view)) {
      poller.replaceAll(wanted(view.relationships()));
    }
  }

  private Collection<FederationRelationship> wanted(Collection<Relationship> stored) {
    var wanted = new LinkedHashMap<TrustDomain, FederationRelationship>();
    for (var relationship : stored) {
      add(wanted, relationship);
    }
    config
        .federatesWith()
        .forEach((domain, peer) ->
            wanted.put(
                domain,
                new FederationRelationship(
                    domain,
                    peer.url(),
                    peer.endpointSpiffeId()
                        .<EndpointProfile>map(EndpointProfile.HttpsSpiffe::new)
                        .orElseGet(EndpointProfile.HttpsWeb::new),
                    config.followRedirects())));
    return wanted.values();
  }

  private void add(Map<TrustDomain, FederationRelationship> wanted, Relationship relationship) {
    try {
      EndpointProfile profile =
          switch (relationship.profile()) {
            case Relationship.EndpointProfile.HttpsWeb() -> new EndpointProfile.HttpsWeb();
            case Relationship.EndpointProfile.HttpsSpiffe(var id) ->
                new EndpointProfile.HttpsSpiffe(id);
          };
      wanted.put(
          relationship.trustDomain(),
          new FederationRelationship(
              relationship.trustDomain(),
              relationship.bundleEndpointUrl(),
              profile,
              config.followRedirects()));
    } catch (IllegalArgumentException e) {
      LOG.atWarn()
          .setCause(e)
          .addKeyValue(Fields.TRUST_DOMAIN, relationship.trustDomain())
          .log("Relationship cannot be polled");
    }
  }

  /// Fetches one bundle now; false if there is no such relationship.
  Future<Boolean> refresh(TrustDomain domain) {
    replace();
    return poller
        .refresh(domain)
        .map(fetched ->
            fetched
                .map(_ -> true)
                .recover(cause ->
                    Future.failedFuture(
                        Refusal.internal("bundle not refreshed: " + cause.getMessage()).failure())))
        .orElseGet(() -> Future.succeededFuture(false));
  }

  /// Shows how many look-ups wait.
  void register(MeterRegistry meters) {
    lookups.register(meters);
  }

  /// How each relationship fares.
  Map<TrustDomain, RelationshipHealth> health() {
    return poller.health();
  }

  @Override
  public BundleSource held() {
    return registry.view() instanceof ViewState.Ready(var view) ? view : BundleSource.of();
  }

  @Override
  public SpiffeBundle own() {
    return own.current();
  }

  @Override
  public Future<Void> store(SpiffeBundle bundle) {
    return bundles
        .set(bundle)
        .compose(written -> registry.awaitRevision(written.revision()))
        .mapEmpty();
  }

  @Override
  public void close() {
    poller.close();
    lookups.close();
  }
}
