package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/// Makes the hints of one workload's identities unique (SPIFFE_Workload_API §5.2.1, §6.2.1).
///
/// Where several entries bear the same hint the oldest keeps it: by time of creation, then by id.
/// The others are granted identities all the same, so they are delivered without a hint rather than
/// left out.
final class HintRule {
  private static final Comparator<AgentEntry> OLDEST_FIRST =
      Comparator.comparing(AgentEntry::createdAt).thenComparing(AgentEntry::id);

  private HintRule() {}

  /// The hint of each entry, by entry id; empty for none.
  static Map<String, String> assign(Collection<AgentEntry> entries) {
    Map<String, AgentEntry> owners = new HashMap<>();
    for (var entry : entries) {
      owners.merge(entry.hint(), entry, HintRule::older);
    }
    Map<String, String> hints = new HashMap<>();
    for (var entry : entries) {
      hints.put(entry.id(), entry.equals(owners.get(entry.hint())) ? entry.hint() : "");
    }
    return hints;
  }

  private static AgentEntry older(AgentEntry one, AgentEntry other) {
    return OLDEST_FIRST.compare(one, other) <= 0 ? one : other;
  }
}
