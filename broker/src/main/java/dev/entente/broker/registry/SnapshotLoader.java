package dev.entente.broker.registry;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.store.ChangeFeed;
import dev.entente.broker.store.ChangeFeed.Position;
import dev.entente.broker.store.Checksum;
import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.PVector;
import org.pcollections.TreePVector;

/// Gathers everything the store holds into a first view; used by one thread at a time.
///
/// Where the view before holds an equal entry, that one is kept, so that loading anew never needs
/// room for two copies of a million entries.
final class SnapshotLoader implements ChangeFeed.Sink {
  private final TrustDomain trustDomain;
  private final Optional<Snapshot> before;
  private final Map<SpiffeId, List<RegistrationEntry>> parents = new HashMap<>();
  private final Map<SpiffeId, ViewNode> nodes = new HashMap<>();
  private final Map<TrustDomain, SpiffeBundle> bundles = new HashMap<>();
  private final Map<TrustDomain, Relationship> relationships = new HashMap<>();
  private HashPMap<SpiffeId, PVector<RegistrationEntry>> privileged = HashTreePMap.empty();
  private long entryCount;
  private long checksum;

  SnapshotLoader(TrustDomain trustDomain, Optional<Snapshot> before) {
    this.trustDomain = trustDomain;
    this.before = before;
  }

  @Override
  public void entry(RegistrationEntry read) {
    var entry = known(read).orElse(read);
    parents.computeIfAbsent(entry.parentId(), _ -> new ArrayList<>()).add(entry);
    if (entry.admin() || entry.downstream()) {
      var id = entry.spiffeId();
      privileged =
          privileged.plus(id, privileged.getOrDefault(id, TreePVector.empty()).plus(entry));
    }
    entryCount++;
    checksum += Checksum.of(entry);
  }

  @Override
  public void node(NodeRecord node) {
    nodes.put(node.agentId(), new ViewNode(node));
    checksum += Checksum.of(node);
  }

  @Override
  public void bundle(SpiffeBundle bundle) {
    bundles.put(bundle.trustDomain(), bundle);
    checksum += Checksum.of(bundle);
  }

  @Override
  public void relationship(Relationship relationship) {
    relationships.put(relationship.trustDomain(), relationship);
    checksum += Checksum.of(relationship);
  }

  Snapshot finish(Position position) {
    Map<SpiffeId, ParentSet> sets = HashMap.newHashMap(parents.size());
    parents.forEach((parent, entries) -> sets.put(parent, ParentSet.of(entries)));
    var aliases = parents.getOrDefault(Snapshot.serverId(trustDomain), List.of());
    return new Snapshot(
        trustDomain,
        position,
        HashTreePMap.from(sets),
        privileged,
        HashTreePMap.from(nodes),
        AliasIndex.of(aliases, before.map(old -> old.aliases().generation() + 1).orElse(0L)),
        HashTreePMap.from(bundles),
        HashTreePMap.from(relationships),
        entryCount,
        before.map(old -> old.nestGeneration() + 1).orElse(0L),
        checksum);
  }

  private Optional<RegistrationEntry> known(RegistrationEntry entry) {
    return before
        .flatMap(old -> Optional.ofNullable(old.parents().get(entry.parentId())))
        .flatMap(set -> set.find(entry.id()))
        .filter(entry::equals);
  }
}
