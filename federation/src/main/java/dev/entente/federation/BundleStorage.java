package dev.entente.federation;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;

/// Where fetched bundles are kept. Any thread may call, none is blocked.
public interface BundleStorage {
  /// The bundles held now, ours among them.
  BundleSource held();

  /// Our own bundle.
  SpiffeBundle own();

  /// Puts `bundle` in place of whatever is held of its trust domain; durable once it succeeds.
  Future<Void> store(SpiffeBundle bundle);
}
