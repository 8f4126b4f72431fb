package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
import java.util.List;

/// What one run of the [Pruner] deleted: the nodes, and how many rows of each other kind.
public record PruneReport(
    int entries, List<SpiffeId> nodes, int joinTokens, int evidence, int journals, int changes) {
  /// Copies the list.
  public PruneReport {
    nodes = List.copyOf(nodes);
  }
}
