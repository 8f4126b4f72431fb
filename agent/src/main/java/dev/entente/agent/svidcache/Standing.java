package dev.entente.agent.svidcache;

import dev.entente.spiffe.SpiffeId;
import java.util.Set;

/// What a workload is entitled to, whether or not its SVIDs are signed yet.
///
/// @param synced whether a broker has been heard; if not, the rest says nothing
/// @param identities empty if no entry matches
/// @param bundles what it may judge others by
public record Standing(boolean synced, Set<SpiffeId> identities, TrustBundles bundles) {
  public Standing {
    identities = Set.copyOf(identities);
  }
}
