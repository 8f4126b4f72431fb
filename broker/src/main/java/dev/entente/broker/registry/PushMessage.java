package dev.entente.broker.registry;

import java.time.Instant;
import java.util.List;

/// Tells one agent what moved in its authorised set.
///
/// @param revision where the view stands with this message; the view a fetch reads is no older
/// @param changes each entry at most once
/// @param resync whether the changes are unknown or too many, so that the agent must sync in full
/// @param bundlesChanged whether our own bundle changed, or that of another trust domain
public record PushMessage(
    String epoch,
    long revision,
    List<EntryNotice> changes,
    boolean resync,
    boolean bundlesChanged) {
  public PushMessage {
    changes = List.copyOf(changes);
  }

  /// An entry that moved.
  ///
  /// @param removed deleted, or no longer the agent's; then the other values say nothing
  public record EntryNotice(
      String entryId, long revisionNumber, Instant createdAt, boolean removed) {}
}
