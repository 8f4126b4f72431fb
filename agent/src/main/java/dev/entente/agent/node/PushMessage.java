package dev.entente.agent.node;

import java.time.Instant;
import java.util.List;

/// What a broker pushes: entries that changed, or that the agent has to look again.
///
/// @param position where the broker stood
/// @param resync whether the changes are unknown or too many for a list
/// @param bundlesChanged whether our bundle or a federated one changed
record PushMessage(
    PushPosition position, List<Change> changes, boolean resync, boolean bundlesChanged) {
  PushMessage {
    changes = List.copyOf(changes);
  }

  /// One entry that changed.
  ///
  /// @param createdAt the epoch if the broker did not say
  /// @param removed whether it was deleted or is no longer this agent's
  record Change(String id, long revisionNumber, Instant createdAt, boolean removed) {}
}
