package dev.entente.agent.svidcache;

import java.util.List;

/// All a workload is to know at one moment; each one replaces what was said before.
public sealed interface WorkloadUpdate {
  /// No broker has been heard yet, so nothing can be said about anyone.
  record NotSynced() implements WorkloadUpdate {}

  /// No entry matches.
  record NoIdentity(TrustBundles bundles) implements WorkloadUpdate {}

  /// Entries match, and at least one of their SVIDs, of the kind that is told of, is not signed yet
  /// or has expired.
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

  /// Every identity granted, to whom is told of WIT-SVIDs, and to nobody else; the default one
  /// first.
  record WitReady(TrustBundles bundles, List<WitIdentity> identities) implements WorkloadUpdate {
    public WitReady {
      identities = List.copyOf(identities);
      if (identities.isEmpty()) {
        throw new IllegalArgumentException("no identity");
      }
    }
  }

  /// One identity granted, as a WIT-SVID.
  ///
  /// @param hint tells it from the others; empty, or unique among them
  record WitIdentity(HeldWit svid, String hint) {}

  /// One identity granted.
  ///
  /// @param hint tells it from the others; empty, or unique among them
  record Identity(HeldSvid svid, String hint) {}
}
