package dev.entente.broker.registry;

import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.store.ChangeFeed.Position;
import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.PVector;
import org.pcollections.TreePVector;

/// The view at one revision. Immutable; the next one shares whatever did not change.
///
/// There is no table of all entries by id: an entry is found through its parents, which are few for
/// any agent, and the change log names the parents of whatever changed. That saves about 100 bytes
/// an entry.
///
/// @param parents by parent id; no set is empty
/// @param privileged entries with the admin or downstream right, by their own id
/// @param nestGeneration changes with the set of parents that can be a workload's id
/// @param checksum sum over everything, see [dev.entente.broker.store.Checksum]
record Snapshot(
    TrustDomain trustDomain,
    Position position,
    HashPMap<SpiffeId, ParentSet> parents,
    HashPMap<SpiffeId, PVector<RegistrationEntry>> privileged,
    HashPMap<SpiffeId, ViewNode> nodes,
    AliasIndex aliases,
    HashPMap<TrustDomain, SpiffeBundle> bundles,
    HashPMap<TrustDomain, Relationship> relationshipsByDomain,
    long entryCount,
    long nestGeneration,
    long checksum)
    implements RegistryView {

  static Snapshot empty(TrustDomain trustDomain, Position position) {
    return new Snapshot(
        trustDomain,
        position,
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        AliasIndex.EMPTY,
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        0,
        0,
        0);
  }

  /// The parent of node aliases.
  static SpiffeId serverId(TrustDomain trustDomain) {
    return SpiffeId.of(trustDomain, "/spire/server");
  }

  /// Whether entries below this id can be reached through another entry, whose own id it then is.
  static boolean canNest(SpiffeId parent) {
    return !EntryRules.isReserved(parent);
  }

  @Override
  public String epoch() {
    return position.epoch();
  }

  @Override
  public long revision() {
    return position.revision();
  }

  @Override
  public Optional<NodeRecord> node(SpiffeId agentId) {
    return Optional.ofNullable(nodes.get(agentId)).map(ViewNode::node);
  }

  @Override
  public AuthorizedEntries authorizedEntries(SpiffeId agentId) {
    return reach(agentId);
  }

  /// Walks from the agent over its aliases to the entries below entries; each id once.
  Reach reach(SpiffeId agentId) {
    Set<SpiffeId> seen = new LinkedHashSet<>();
    List<ParentSet> sets = new ArrayList<>();
    var open = new ArrayDeque<SpiffeId>();
    open.add(agentId);
    var node = nodes.get(agentId);
    if (node != null) {
      open.addAll(node.aliases(aliases));
    }
    while (!open.isEmpty()) {
      var id = open.remove();
      var set = seen.add(id) ? parents.get(id) : null;
      if (set != null) {
        sets.add(set);
        open.addAll(set.nested(nestGeneration, parents::containsKey));
      }
    }
    return new Reach(seen, sets);
  }

  @Override
  public List<RegistrationEntry> entriesOf(SpiffeId workloadId) {
    return privileged.getOrDefault(workloadId, TreePVector.empty());
  }

  @Override
  public Optional<SpiffeBundle> ownBundle() {
    return bundle(trustDomain);
  }

  @Override
  public Optional<SpiffeBundle> bundle(TrustDomain domain) {
    return Optional.ofNullable(bundles.get(domain));
  }

  @Override
  public Collection<Relationship> relationships() {
    return relationshipsByDomain.values();
  }

  @Override
  public long nodeCount() {
    return nodes.size();
  }

  @Override
  public int bundleCount() {
    return bundles.size();
  }
}
