package dev.entente.broker.api;

import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;

/// Fetches the bundle of a trust domain now.
@FunctionalInterface
public interface BundleRefresher {
  /// Succeeds when the newest bundle is stored; false if there is no relationship with `domain`.
  /// Fails if it could not be fetched.
  Future<Boolean> refresh(TrustDomain domain);
}
