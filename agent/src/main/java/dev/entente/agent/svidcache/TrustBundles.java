package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.SyncState;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bundles a workload may use: its own trust domain's, and those its entries federate with.
public record TrustBundles(SpiffeBundle own, SortedMap<TrustDomain, SpiffeBundle> federated)
    implements BundleSource {
  public TrustBundles {
    federated = Collections.unmodifiableSortedMap(new TreeMap<>(federated));
  }

  /// What a workload with these entries may use of what the agent knows.
  static TrustBundles of(SyncState state, List<AgentEntry> entries) {
    SortedMap<TrustDomain, SpiffeBundle> federated = new TreeMap<>();
    for (var entry : entries) {
      for (var domain : entry.federatesWith()) {
        var bundle = state.federated().get(domain);
        if (bundle != null && !domain.equals(state.ownBundle().trustDomain())) {
          federated.put(domain, bundle);
        }
      }
    }
    return new TrustBundles(state.ownBundle(), federated);
  }

  @Override
  public Optional<SpiffeBundle> find(TrustDomain domain) {
    return domain.equals(own.trustDomain())
        ? Optional.of(own)
        : Optional.ofNullable(federated.get(domain));
  }
}
