package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.SyncState;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// For whom identities are looked up, which decides what is among them.
///
/// @param selectors what the workload has proved, or is said to have
record Recipient(Set<Selector> selectors, View view) {
  /// What may be seen.
  enum View {
    /// All a workload itself is granted.
    WORKLOAD,
    /// What may be handed to somebody who acts for workloads: no administrators, no downstream
    /// authorities, nobody of another trust domain.
    DELEGATE,
    /// No identity, but every bundle there is.
    BUNDLES
  }

  Recipient {
    selectors = Set.copyOf(selectors);
  }

  static Recipient workload(Set<Selector> selectors) {
    return new Recipient(selectors, View.WORKLOAD);
  }

  static Recipient delegate(Set<Selector> selectors) {
    return new Recipient(selectors, View.DELEGATE);
  }

  static Recipient bundles() {
    return new Recipient(Set.of(), View.BUNDLES);
  }

  /// Whether `entry` is granted to it.
  ///
  /// @param own the agent's trust domain
  boolean isGranted(AgentEntry entry, TrustDomain own) {
    return EntryIndex.matches(entry, selectors)
        && switch (view) {
          case WORKLOAD -> true;
          case DELEGATE ->
              !entry.admin() && !entry.downstream() && entry.spiffeId().isMemberOf(own);
          case BUNDLES -> false;
        };
  }

  /// The entries granted to it, by ascending id.
  List<AgentEntry> granted(EntryIndex entries, TrustDomain own) {
    return entries.matching(selectors).stream().filter(entry -> isGranted(entry, own)).toList();
  }

  /// The bundles that go with what is granted to it.
  TrustBundles bundles(SyncState state, List<AgentEntry> granted) {
    return switch (view) {
      case WORKLOAD, DELEGATE -> TrustBundles.of(state, granted);
      case BUNDLES -> new TrustBundles(state.ownBundle(), new TreeMap<>(state.federated()));
    };
  }

  /// The hint of each entry, by entry id. Whoever acts for several workloads sees them as they were
  /// registered, because they are unique for one workload only.
  Map<String, String> hints(List<AgentEntry> granted) {
    return switch (view) {
      case WORKLOAD -> HintRule.assign(granted);
      case DELEGATE, BUNDLES ->
          granted.stream().collect(Collectors.toMap(AgentEntry::id, AgentEntry::hint));
    };
  }
}
