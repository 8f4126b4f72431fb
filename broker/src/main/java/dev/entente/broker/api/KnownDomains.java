package dev.entente.broker.api;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.BundleStore;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which trust domains entries may federate with: with strict federation those whose bundle is
/// known, otherwise all.
final class KnownDomains {
  private final BundleStore bundles;
  private final Views views;
  private final boolean strict;

  KnownDomains(BundleStore bundles, Views views, boolean strict) {
    this.bundles = bundles;
    this.views = views;
    this.strict = strict;
  }

  /// Those that `entries` name and may not.
  Future<Set<TrustDomain>> unknownOf(List<RegistrationEntry> entries) {
    var named = new HashSet<TrustDomain>();
    entries.forEach(entry -> named.addAll(entry.federatesWith()));
    return unknownAmong(named);
  }

  /// Those of `named` whose bundle neither the view nor the store has.
  Future<Set<TrustDomain>> unknownAmong(Collection<TrustDomain> named) {
    var unknown = new HashSet<TrustDomain>();
    if (!strict || named.isEmpty()) {
      return Future.succeededFuture(unknown);
    }
    var view = views.require();
    Future<Void> lookedUp = Future.succeededFuture();
    for (var domain : named) {
      if (view.bundle(domain).isEmpty()) {
        lookedUp =
            lookedUp
                .compose(_ -> bundles.find(domain))
                .map(found -> {
                  if (found.isEmpty()) {
                    unknown.add(domain);
                  }
                  return null;
                });
      }
    }
    return lookedUp.map(unknown);
  }

  /// The refusal of an entry that federates with one of `unknown`.
  static Optional<Refusal> refusal(RegistrationEntry entry, Set<TrustDomain> unknown) {
    return entry.federatesWith().stream()
        .filter(unknown::contains)
        .findFirst()
        .map(domain ->
            Refusal.of(
                RefusalKind.PRECONDITION,
                "no bundle is known of federated trust domain \"" + domain + "\""));
  }
}
