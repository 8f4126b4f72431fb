package dev.entente.agent.node;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Applies pushed changes to the entries an agent knows. Pure.
final class EntryChanges {
  private EntryChanges() {}

  /// The ids, sorted, that have to be read because what is known of them is not what was pushed.
  static List<String> toFetch(
      Map<String, AgentEntry> known, Collection<PushMessage.Change> changes) {
    return changes.stream()
        .filter(change -> !change.removed())
        .filter(change -> isNews(known.get(change.id()), change))
        .map(PushMessage.Change::id)
        .sorted()
        .toList();
  }

  /// The entries afterwards: what was removed is gone, what was fetched is new, and what was to be
  /// fetched and did not come is gone too, because it is no longer this agent's.
  static Map<String, AgentEntry> apply(
      Map<String, AgentEntry> known,
      Collection<PushMessage.Change> changes,
      Set<String> asked,
      Collection<AgentEntry> fetched) {
    var next = new HashMap<>(known);
    changes.stream().filter(PushMessage.Change::removed).forEach(it -> next.remove(it.id()));
    asked.forEach(next::remove);
    fetched.forEach(entry -> next.put(entry.id(), entry));
    return next;
  }

  private static boolean isNews(@Nullable AgentEntry entry, PushMessage.Change change) {
    return entry == null
        || entry.revisionNumber() != change.revisionNumber()
        || !entry.createdAt().equals(change.createdAt());
  }
}
