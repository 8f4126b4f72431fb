package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Finds the groups that an entry concerns, the reverse of [EntryIndex].
///
/// Not safe for threads; [SvidCache] owns it.
final class GroupIndex {
  private final Map<Recipient, SubscriberGroup> groups = new HashMap<>();
  private final Map<Selector, Set<SubscriberGroup>> having = new HashMap<>();

  Optional<SubscriberGroup> find(Recipient recipient) {
    return Optional.ofNullable(groups.get(recipient));
  }

  Collection<SubscriberGroup> all() {
    return List.copyOf(groups.values());
  }

  int size() {
    return groups.size();
  }

  void add(SubscriberGroup group) {
    groups.put(group.recipient(), group);
    for (var selector : group.selectors()) {
      having.computeIfAbsent(selector, _ -> new LinkedHashSet<>()).add(group);
    }
  }

  void remove(SubscriberGroup group) {
    groups.remove(group.recipient());
    for (var selector : group.selectors()) {
      var others = having.getOrDefault(selector, Set.of());
      others.remove(group);
      if (others.isEmpty()) {
        having.remove(selector);
      }
    }
  }

  /// The groups that `entry` is granted to.
  List<SubscriberGroup> concernedBy(AgentEntry entry) {
    return entry.selectors().stream()
        .map(selector -> having.getOrDefault(selector, Set.of()))
        .min(Comparator.comparingInt(Set::size))
        .orElseThrow()
        .stream()
        .filter(group -> group.isGranted(entry))
        .toList();
  }
}
