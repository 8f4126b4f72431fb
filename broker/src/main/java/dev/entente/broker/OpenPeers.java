package dev.entente.broker;

import dev.entente.broker.bundle.OwnBundle;
import dev.entente.rpc.Peer;
import dev.entente.rpc.TlsPeer;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict;
import io.vertx.core.Vertx;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Judges the chains of peers: at the handshake, and again while a connection is open.
///
/// A handshake is judged once, but an authority may be revoked the next moment, and the connection
/// would go on. So when an X.509 authority leaves a bundle, every open connection of its trust
/// domain is judged again by the new bundle, and those that would be refused now are closed. That
/// costs one verification a connection and change, and calls pay nothing.
final class OpenPeers {
  private static final Logger LOG = LoggerFactory.getLogger(OpenPeers.class);

  private final Vertx vertx;
  private final TrustDomain trustDomain;
  private final Set<SpiffeId> adminIds;
  private final Set<TrustDomain> adminDomains;
  private final OwnBundle ownBundle;
  private final Supplier<BundleSource> held;
  private final InstantSource clock;
  private final Consumer<Predicate<Peer>> disconnect;

  /// The X.509 authorities last seen of each domain; written by the registry's thread.
  private final Map<TrustDomain, List<X509Certificate>> seen = new ConcurrentHashMap<>();

  /// @param held the bundles of other trust domains
  /// @param disconnect closes the connections of the peers it is given
  OpenPeers(
      Vertx vertx,
      TrustDomain trustDomain,
      Set<SpiffeId> adminIds,
      OwnBundle ownBundle,
      Supplier<BundleSource> held,
      InstantSource clock,
      Consumer<Predicate<Peer>> disconnect) {
    this.vertx = vertx;
    this.trustDomain = trustDomain;
    this.adminIds = Set.copyOf(adminIds);
    this.adminDomains =
        adminIds.stream().map(SpiffeId::trustDomain).collect(Collectors.toUnmodifiableSet());
    this.ownBundle = ownBundle;
    this.held = held;
    this.clock = clock;
    this.disconnect = disconnect;
  }

  /// Judges handshakes.
  X509TrustManager trustManager() {
    return new SvidTrustManager(this::bundle, this::mayConnect, clock);
  }

  /// Members of our own domain, and administrators of others.
  private boolean mayConnect(SpiffeId id) {
    return id.isMemberOf(trustDomain) || adminIds.contains(id);
  }

  /// The bundle a chain of this domain is judged by. Only that of a domain that has one of our
  /// administrators: the chain of any other would be refused in the end, but not before it was
  /// compared with every authority of its bundle, and a partner's bundle may have a thousand.
  private Optional<SpiffeBundle> bundle(TrustDomain domain) {
    if (domain.equals(trustDomain)) {
      return Optional.of(ownBundle.current());
    }
    return adminDomains.contains(domain) ? held.get().find(domain) : Optional.empty();
  }

  /// Takes notice of a stored bundle. Whoever calls has made it the one handshakes are judged by.
  void bundleChanged(SpiffeBundle bundle) {
    var now = bundle.x509Authorities().stream().map(X509Authority::certificate).toList();
    var before = seen.put(bundle.trustDomain(), now);
    if (before != null && !now.containsAll(before)) {
      judgeAgain(bundle.trustDomain(), BundleSource.of(bundle));
      // A handshake that the old bundle has judged may end after that; none takes longer.
      vertx.setTimer(
          ConnectionLimits.ESTABLISH_WITHIN.toMillis(),
          _ -> judgeAgain(bundle.trustDomain(), this::bundle));
    }
  }

  /// Whether no bundle of the peer's trust domain is held any more, which nobody tells.
  boolean isOrphaned(Peer peer) {
    return peer instanceof TlsPeer tls
        && tls.spiffeId()
            .filter(id -> !id.isMemberOf(trustDomain))
            .filter(id -> bundle(id.trustDomain()).isEmpty())
            .isPresent();
  }

  /// On a worker: twenty thousand signatures take a second or two.
  private void judgeAgain(TrustDomain changed, BundleSource bundles) {
    vertx
        .executeBlocking(
            () -> {
              disconnect.accept(peer -> isRefused(peer, changed, bundles));
              return true;
            },
            false)
        .onFailure(e -> LOG.atError().setCause(e).log("Open connections were not judged again"));
  }

  private boolean isRefused(Peer peer, TrustDomain changed, BundleSource bundles) {
    return peer instanceof TlsPeer tls
        && tls.spiffeId().filter(id -> id.isMemberOf(changed)).isPresent()
        && X509SvidVerifier.verify(tls.chain(), Usage.TLS_CLIENT, bundles, clock.instant())
            instanceof X509Verdict.Refused;
  }
}
