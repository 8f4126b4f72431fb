package dev.entente.agent.svidcache;

import java.util.List;

/// All a workload is to know at one moment; each one replaces what was said before.
public sealed interface WorkloadUpdate {
  /// No broker has been heard yet, so nothing can be said about anyone.
  record NotSynced() implements WorkloadUpdate {}

  /// No entry matches.
  record NoIdentity(TrustBundles bundles) implements WorkloadUpdate {}

  /// Entries match, and at least one of their X509-SVIDs is not signed yet or has expired.
  ///
  /// @param missing the entries that wait, for the log
  record Waiting(TrustBundles bundles, List<String> missing) implements WorkloadUpdate {
    public Waiting {
      missing = List.copyOf(missing);
    }
  }

  /// Every identity granted, the default one first.
  record Ready(TrustBundles bundles, List<Identity> identities) implements WorkloadUpdate {
    public Ready {
      identities = List.copyOf(identities);
      if (identities.isEmpty()) {
        throw new IllegalArgumentException("no identity");
      }
    }
  }

  /// One identity granted.
  ///
  /// @param hint tells it from the others; empty, or unique among them
  record Identity(HeldSvid svid, String hint) {}
}
