package dev.entente.agent.node;

import java.util.HashMap;
import java.util.Map;

/// What one sync has to look at.
///
/// @param full everything; the rest then does not matter
/// @param bundles our own bundle and the federated ones
/// @param changes the entries that changed, by id
record SyncWork(boolean full, boolean bundles, Map<String, PushMessage.Change> changes) {
  static final SyncWork NONE = new SyncWork(false, false, Map.of());
  static final SyncWork FULL = new SyncWork(true, true, Map.of());

  SyncWork {
    changes = Map.copyOf(changes);
  }

  /// What a pushed message asks for.
  static SyncWork of(PushMessage message) {
    if (message.resync()) {
      return FULL;
    }
    var changes = new HashMap<String, PushMessage.Change>();
    message.changes().forEach(it -> changes.put(it.id(), it));
    return new SyncWork(false, message.bundlesChanged(), changes);
  }

  boolean isNone() {
    return !full && !bundles && changes.isEmpty();
  }

  /// This work and then `later`, done in one go.
  SyncWork and(SyncWork later) {
    if (full || later.full) {
      return FULL;
    }
    var both = new HashMap<>(changes);
    both.putAll(later.changes);
    return new SyncWork(false, bundles || later.bundles, both);
  }
}
