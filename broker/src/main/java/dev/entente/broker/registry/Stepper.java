package dev.entente.broker.registry;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.broker.registry.Step.Move;
import dev.entente.broker.store.ChangeFeed.Event;
import dev.entente.broker.store.ChangeFeed.Position;
import dev.entente.broker.store.Checksum;
import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.pcollections.HashPMap;
import org.pcollections.PVector;
import org.pcollections.TreePVector;

/// Makes the next view out of a view and what happened since, in time proportional to what
/// happened.
///
/// Applying the same events twice gives the same view, so a reading that overlaps does no harm. For
/// one step, then thrown away.
final class Stepper {
  private final SpiffeId serverId;
  private final Snapshot before;
  private final Map<SpiffeId, NavigableMap<String, Optional<RegistrationEntry>>> edits =
      new HashMap<>();
  private final List<Move> departures = new ArrayList<>();
  private final List<Move> arrivals = new ArrayList<>();
  private final List<SpiffeBundle> changedBundles = new ArrayList<>();
  private HashPMap<SpiffeId, ParentSet> parents;
  private HashPMap<SpiffeId, PVector<RegistrationEntry>> privileged;
  private HashPMap<SpiffeId, ViewNode> nodes;
  private AliasIndex aliases;
  private HashPMap<TrustDomain, SpiffeBundle> bundles;
  private HashPMap<TrustDomain, Relationship> relationships;
  private long entryCount;
  private long nestGeneration;
  private long checksum;
  private boolean reshaped;
  private boolean bundlesChanged;
  private boolean relationshipsChanged;

  Stepper(Snapshot before) {
    this.serverId = Snapshot.serverId(before.trustDomain());
    this.before = before;
    this.parents = before.parents();
    this.privileged = before.privileged();
    this.nodes = before.nodes();
    this.aliases = before.aliases();
    this.bundles = before.bundles();
    this.relationships = before.relationshipsByDomain();
    this.entryCount = before.entryCount();
    this.nestGeneration = before.nestGeneration();
    this.checksum = before.checksum();
  }

  Step apply(Position position, List<Event> events) {
    for (var event : events) {
      switch (event) {
        case Event.EntryEvent entry -> apply(entry);
        case Event.NodeEvent node -> apply(node);
        case Event.BundleEvent bundle -> apply(bundle);
        case Event.RelationshipEvent relationship -> apply(relationship);
      }
    }
    edits.forEach(this::applyEdits);
    reshaped = reshaped || nestGeneration != before.nestGeneration();
    reshaped = reshaped || aliases.generation() != before.aliases().generation();
    List<Move> moves = new ArrayList<>(departures);
    moves.addAll(arrivals);
    return new Step(
        snapshot(position), moves, reshaped, changedBundles, bundlesChanged, relationshipsChanged);
  }

  private Snapshot snapshot(Position position) {
    return new Snapshot(
        before.trustDomain(),
        position,
        parents,
        privileged,
        nodes,
        aliases,
        bundles,
        relationships,
        entryCount,
        nestGeneration,
        checksum);
  }

  private void apply(Event.EntryEvent event) {
    var old = present(event);
    old.ifPresent(this::leave);
    event.now().ifPresent(this::arrive);
    event
        .now()
        .filter(now -> old.isPresent() && !old.get().spiffeId().equals(now.spiffeId()))
        .ifPresent(_ -> reshaped = true);
  }

  /// The entry as this view has it, below one of the parents it can have.
  private Optional<RegistrationEntry> present(Event.EntryEvent event) {
    var places = new HashSet<>(event.oldParents());
    event.now().map(RegistrationEntry::parentId).ifPresent(places::add);
    for (var place : places) {
      var set = before.parents().get(place);
      var found = set == null ? Optional.<RegistrationEntry>empty() : set.find(event.id());
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private void leave(RegistrationEntry old) {
    edit(old.parentId(), old.id(), Optional.empty());
    departures.add(new Move(old.parentId(), notice(old, true)));
    checksum -= Checksum.of(old);
    entryCount--;
    if (old.parentId().equals(serverId)) {
      aliases = aliases.minus(old);
    }
    if (old.admin() || old.downstream()) {
      var rest = privileged.getOrDefault(old.spiffeId(), TreePVector.empty()).minus(old);
      privileged =
          rest.isEmpty() ? privileged.minus(old.spiffeId()) : privileged.plus(old.spiffeId(), rest);
    }
    reshaped = reshaped || before.parents().containsKey(old.spiffeId());
  }

  private void arrive(RegistrationEntry now) {
    edit(now.parentId(), now.id(), Optional.of(now));
    arrivals.add(new Move(now.parentId(), notice(now, false)));
    checksum += Checksum.of(now);
    entryCount++;
    if (now.parentId().equals(serverId)) {
      aliases = aliases.plus(now);
    }
    if (now.admin() || now.downstream()) {
      var others = privileged.getOrDefault(now.spiffeId(), TreePVector.empty());
      privileged = privileged.plus(now.spiffeId(), others.plus(now));
    }
    reshaped = reshaped || before.parents().containsKey(now.spiffeId());
  }

  private void edit(SpiffeId parent, String id, Optional<RegistrationEntry> next) {
    edits.computeIfAbsent(parent, _ -> new TreeMap<>()).put(id, next);
  }

  private void applyEdits(
      SpiffeId parent, NavigableMap<String, Optional<RegistrationEntry>> parentEdits) {
    var present = parents.get(parent);
    var next = (present == null ? ParentSet.EMPTY : present).with(parentEdits);
    parents = next.size() == 0 ? parents.minus(parent) : parents.plus(parent, next);
    var appearedOrWent = (present == null) != (next.size() == 0);
    if (appearedOrWent && Snapshot.canNest(parent)) {
      nestGeneration = before.nestGeneration() + 1;
    }
  }

  private void apply(Event.NodeEvent event) {
    var old = nodes.get(event.agentId());
    if (old != null) {
      checksum -= Checksum.of(old.node());
    }
    event.now().ifPresent(now -> checksum += Checksum.of(now));
    nodes =
        event
            .now()
            .map(now -> nodes.plus(event.agentId(), new ViewNode(now)))
            .orElseGet(() -> nodes.minus(event.agentId()));
    var oldSelectors = Optional.ofNullable(old).map(ViewNode::node).map(NodeRecord::selectors);
    reshaped = reshaped || !oldSelectors.equals(event.now().map(NodeRecord::selectors));
  }

  private void apply(Event.BundleEvent event) {
    Optional.ofNullable(bundles.get(event.domain())).ifPresent(old -> checksum -= Checksum.of(old));
    event.now().ifPresent(now -> checksum += Checksum.of(now));
    event.now().ifPresent(changedBundles::add);
    bundles =
        event
            .now()
            .map(now -> bundles.plus(event.domain(), now))
            .orElseGet(() -> bundles.minus(event.domain()));
    bundlesChanged = true;
  }

  private void apply(Event.RelationshipEvent event) {
    Optional.ofNullable(relationships.get(event.domain()))
        .ifPresent(old -> checksum -= Checksum.of(old));
    event.now().ifPresent(now -> checksum += Checksum.of(now));
    relationships =
        event
            .now()
            .map(now -> relationships.plus(event.domain(), now))
            .orElseGet(() -> relationships.minus(event.domain()));
    relationshipsChanged = true;
  }

  private static EntryNotice notice(RegistrationEntry entry, boolean removed) {
    return new EntryNotice(entry.id(), entry.revisionNumber(), entry.createdAt(), removed);
  }
}
