package dev.entente.broker.store;

import java.time.Duration;
import java.util.Optional;

/// What is deleted, and how long after its end.
///
/// @param nodesExpiredFor nodes whose agent SVID ended this long ago; empty keeps them all
/// @param includeUnreattestable also nodes that could not attest again by themselves
/// @param batch most rows of one kind in one run
public record PruneOptions(
    Optional<Duration> nodesExpiredFor, boolean includeUnreattestable, int batch) {
  /// Keeps all nodes; SPIRE's batch size.
  public static final PruneOptions DEFAULT = new PruneOptions(Optional.empty(), false, 1_000);
}
