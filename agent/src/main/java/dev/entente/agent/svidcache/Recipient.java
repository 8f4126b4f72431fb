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

/// For whom identities are looked up, which decides what is among them. Somebody who acts for
/// workloads with some selectors gets what they would, but nothing of administrators, downstream
/// authorities or other trust domains.
///
/// @param selectors what the workload has proved, or is said to have
public record Recipient(Set<Selector> selectors, View view) {
  /// What may be seen.
  public enum View {
    /// All a workload itself is granted.
    WORKLOAD,
    /// The same, told as WIT-SVIDs.
    WORKLOAD_WIT,
    /// What may be handed to somebody who acts for several workloads: no administrators, no
    /// downstream authorities, nobody of another trust domain.
    DELEGATE,
    /// What may be handed to a SPIFFE broker that acts for one workload at a time: the same.
    SPIFFE_BROKER,
    /// No identity, but every bundle there is.
    BUNDLES
  }

  public Recipient {
    selectors = Set.copyOf(selectors);
  }

  /// The workload with these selectors.
  public static Recipient workload(Set<Selector> selectors) {
    return new Recipient(selectors, View.WORKLOAD);
  }

  /// The workload with these selectors, told of its WIT-SVIDs.
  public static Recipient workloadWit(Set<Selector> selectors) {
    return new Recipient(selectors, View.WORKLOAD_WIT);
  }

  /// Somebody who acts for all workloads with these selectors.
  public static Recipient delegate(Set<Selector> selectors) {
    return new Recipient(selectors, View.DELEGATE);
  }

  /// Somebody who acts for the one workload with these selectors.
  public static Recipient spiffeBroker(Set<Selector> selectors) {
    return new Recipient(selectors, View.SPIFFE_BROKER);
  }

  /// Somebody who verifies.
  public static Recipient bundles() {
    return new Recipient(Set.of(), View.BUNDLES);
  }

  /// Whether it is told of WIT-SVIDs, and not of X509-SVIDs.
  boolean isToldOfWits() {
    return view == View.WORKLOAD_WIT;
  }

  /// Whether `entry` is granted to it.
  ///
  /// @param own the agent's trust domain
  boolean isGranted(AgentEntry entry, TrustDomain own) {
    return EntryIndex.matches(entry, selectors)
        && switch (view) {
          case WORKLOAD, WORKLOAD_WIT -> true;
          case DELEGATE, SPIFFE_BROKER ->
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
      case WORKLOAD, WORKLOAD_WIT, DELEGATE, SPIFFE_BROKER -> TrustBundles.of(state, granted);
      case BUNDLES -> new TrustBundles(state.ownBundle(), new TreeMap<>(state.federated()));
    };
  }

  /// The hint of each entry, by entry id. Whoever acts for several workloads sees them as they were
  /// registered, because they are unique for one workload only.
  Map<String, String> hints(List<AgentEntry> granted) {
    return switch (view) {
      case WORKLOAD, WORKLOAD_WIT, SPIFFE_BROKER -> HintRule.assign(granted);
      case DELEGATE, BUNDLES ->
          granted.stream().collect(Collectors.toMap(AgentEntry::id, AgentEntry::hint));
    };
  }
}
