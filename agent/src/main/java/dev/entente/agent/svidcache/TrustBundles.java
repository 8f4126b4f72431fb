package dev.entente.agent.svidcache;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bundles a workload may use: its own trust domain's, and those its entries federate with.
public record TrustBundles(SpiffeBundle own, SortedMap<TrustDomain, SpiffeBundle> federated)
    implements BundleSource {
  public TrustBundles {
    federated = Collections.unmodifiableSortedMap(new TreeMap<>(federated));
  }

  @Override
  public Optional<SpiffeBundle> find(TrustDomain domain) {
    return domain.equals(own.trustDomain())
        ? Optional.of(own)
        : Optional.ofNullable(federated.get(domain));
  }
}
