package dev.entente.broker.store;

import dev.entente.broker.store.ChangeFeed.Event;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Gathers rows of the change log by what they are about, then looks how each thing stands.
final class FeedEvents {
  private final Ids ids;
  private final Map<String, Set<SpiffeId>> entries = new LinkedHashMap<>();
  private final Set<String> nodes = new HashSet<>();
  private final Set<String> bundles = new HashSet<>();
  private final Set<String> relationships = new HashSet<>();

  FeedEvents(Ids ids) {
    this.ids = ids;
  }

  void add(int kind, String id, @Nullable String oldParent) {
    switch (ChangeKind.of(kind)) {
      case ENTRY -> {
        var parents = entries.computeIfAbsent(id, _ -> new HashSet<>());
        Optional.ofNullable(oldParent).map(ids::read).ifPresent(parents::add);
      }
      case NODE -> nodes.add(id);
      case BUNDLE -> bundles.add(id);
      case RELATIONSHIP -> relationships.add(id);
    }
  }

  List<Event> resolve(Sql sql, EntryRows entryRows, NodeRows nodeRows) throws SQLException {
    List<Event> events = new ArrayList<>();
    for (var entry : entries.entrySet()) {
      var now =
          sql.first(
              "SELECT " + EntryRows.COLUMNS + " FROM entries WHERE id = ?",
              entryRows::read,
              entry.getKey());
      events.add(new Event.EntryEvent(entry.getKey(), entry.getValue(), now));
    }
    for (var node : nodes) {
      var now =
          sql.first(
              "SELECT " + NodeRows.COLUMNS + " FROM nodes WHERE agent_id = ?",
              nodeRows::read,
              node);
      events.add(new Event.NodeEvent(ids.read(node), now));
    }
    for (var name : bundles) {
      var domain = TrustDomain.parse(name);
      events.add(new Event.BundleEvent(domain, SqliteBundles.find(sql, domain)));
    }
    for (var name : relationships) {
      var domain = TrustDomain.parse(name);
      events.add(new Event.RelationshipEvent(domain, SqliteRelationships.find(sql, domain)));
    }
    return events;
  }
}
