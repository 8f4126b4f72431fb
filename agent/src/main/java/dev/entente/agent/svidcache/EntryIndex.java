package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Finds the entries a workload has: those whose selectors are all among the workload's.
///
/// Each entry is filed under the one of its selectors that fewest others are filed under. An entry
/// can only match a workload that has that selector, so a look-up walks a few short lists and not
/// all entries. Entries meant for a secret store are not filed: no workload gets them here.
///
/// Not safe for threads; [SvidCache] owns it.
final class EntryIndex {
  private final Map<String, AgentEntry> entries = new TreeMap<>();
  private final Map<String, Selector> filedUnder = new HashMap<>();
  private final Map<Selector, Map<String, AgentEntry>> files = new HashMap<>();

  /// Whether `entry` is granted to a workload with these selectors.
  static boolean matches(AgentEntry entry, Set<Selector> workload) {
    return !entry.storeSvid() && workload.containsAll(entry.selectors());
  }

  /// Adds an entry or puts it in place of the one with its id.
  void put(AgentEntry entry) {
    remove(entry.id());
    if (entry.storeSvid()) {
      return;
    }
    var selector =
        entry.selectors().stream()
            .min(Comparator.comparingInt(this::filed).thenComparing(Comparator.naturalOrder()))
            .orElseThrow();
    entries.put(entry.id(), entry);
    filedUnder.put(entry.id(), selector);
    files.computeIfAbsent(selector, _ -> new LinkedHashMap<>()).put(entry.id(), entry);
  }

  void remove(String id) {
    entries.remove(id);
    var selector = filedUnder.remove(id);
    if (selector != null) {
      var file = files.getOrDefault(selector, Map.of());
      file.remove(id);
      if (file.isEmpty()) {
        files.remove(selector);
      }
    }
  }

  Optional<AgentEntry> find(String id) {
    return Optional.ofNullable(entries.get(id));
  }

  /// Every entry, by ascending id.
  Iterable<AgentEntry> all() {
    return entries.values();
  }

  /// The entries of a workload by ascending id; the first is its default identity.
  List<AgentEntry> matching(Set<Selector> workload) {
    return workload.stream()
        .map(selector -> files.getOrDefault(selector, Map.of()))
        .flatMap(file -> file.values().stream())
        .filter(entry -> matches(entry, workload))
        .sorted(Comparator.comparing(AgentEntry::id))
        .toList();
  }

  private int filed(Selector selector) {
    return files.getOrDefault(selector, Map.of()).size();
  }
}
