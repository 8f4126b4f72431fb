package dev.entente.federation;

import static dev.entente.federation.Bundles.OWN;
import static dev.entente.federation.Bundles.authority;
import static dev.entente.federation.Bundles.bundle;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/// Keeps bundles in memory.
final class MemoryStorage implements BundleStorage, BundleSource {
  private final Map<TrustDomain, SpiffeBundle> bundles = new ConcurrentHashMap<>();

  @Override
  public BundleSource held() {
    return this;
  }

  @Override
  public SpiffeBundle own() {
    return bundle(OWN, OptionalLong.of(1), authority("ours"));
  }

  @Override
  public Future<Void> store(SpiffeBundle bundle) {
    bundles.put(bundle.trustDomain(), bundle);
    return Future.succeededFuture();
  }

  @Override
  public Optional<SpiffeBundle> find(TrustDomain trustDomain) {
    return Optional.ofNullable(bundles.get(trustDomain));
  }
}
