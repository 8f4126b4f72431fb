package dev.entente.spiffe;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Finds the bundle that says who may sign for a trust domain.
///
/// Called from any thread, TLS handshakes among them, so an implementation answers from memory.
@FunctionalInterface
public interface BundleSource {
  /// Finds the newest bundle of `domain`, or empty if none is known: then nothing of it is trusted.
  Optional<SpiffeBundle> find(TrustDomain domain);

  /// A source of exactly these bundles, one for each trust domain.
  static BundleSource of(SpiffeBundle... bundles) {
    return of(List.of(bundles));
  }

  /// A source of exactly these bundles, one for each trust domain.
  static BundleSource of(Collection<SpiffeBundle> bundles) {
    Map<TrustDomain, SpiffeBundle> byDomain =
        bundles.stream()
            .collect(Collectors.toUnmodifiableMap(SpiffeBundle::trustDomain, Function.identity()));
    return domain -> Optional.ofNullable(byDomain.get(domain));
  }
}
