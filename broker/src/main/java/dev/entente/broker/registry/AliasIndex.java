package dev.entente.broker.registry;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.EntryMatcher;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.PVector;
import org.pcollections.TreePVector;

/// Finds the node aliases (entries whose parent is the server) that a node's selectors satisfy.
///
/// An alias is filed under one of its selectors, the one with the fewest aliases when it came, so
/// that a selector every node has does not lead to every alias. Immutable.
final class AliasIndex {
  static final AliasIndex EMPTY = new AliasIndex(HashTreePMap.empty(), 0);

  private final HashPMap<Selector, PVector<RegistrationEntry>> filed;
  private final long generation;

  private AliasIndex(HashPMap<Selector, PVector<RegistrationEntry>> filed, long generation) {
    this.filed = filed;
    this.generation = generation;
  }

  static AliasIndex of(Collection<RegistrationEntry> aliases, long generation) {
    Map<Selector, Integer> counts = new HashMap<>();
    for (var alias : aliases) {
      alias.selectors().forEach(selector -> counts.merge(selector, 1, Integer::sum));
    }
    var filed = HashTreePMap.<Selector, PVector<RegistrationEntry>>empty();
    for (var alias : aliases) {
      var rarest = rarest(alias.selectors(), counts);
      filed = filed.plus(rarest, filed.getOrDefault(rarest, TreePVector.empty()).plus(alias));
    }
    return new AliasIndex(filed, generation);
  }

  /// Differs between two indexes of one registry that hold different aliases.
  long generation() {
    return generation;
  }

  AliasIndex plus(RegistrationEntry alias) {
    Map<Selector, Integer> counts = new HashMap<>();
    for (var selector : alias.selectors()) {
      counts.put(selector, filed.getOrDefault(selector, TreePVector.empty()).size());
    }
    var rarest = rarest(alias.selectors(), counts);
    var next = filed.getOrDefault(rarest, TreePVector.empty()).plus(alias);
    return new AliasIndex(filed.plus(rarest, next), generation + 1);
  }

  AliasIndex minus(RegistrationEntry alias) {
    var next = filed;
    for (var selector : alias.selectors()) {
      var bucket = next.get(selector);
      if (bucket != null && bucket.contains(alias)) {
        var rest = bucket.minus(alias);
        next = rest.isEmpty() ? next.minus(selector) : next.plus(selector, rest);
      }
    }
    return new AliasIndex(next, generation + 1);
  }

  /// The ids that a node with these selectors goes by, besides its own.
  Set<SpiffeId> match(List<Selector> proven) {
    Set<Selector> all = new HashSet<>(proven);
    Set<SpiffeId> ids = new LinkedHashSet<>();
    for (var selector : all) {
      var bucket = filed.get(selector);
      if (bucket != null) {
        for (var alias : bucket) {
          if (EntryMatcher.satisfies(alias.selectors(), all)) {
            ids.add(alias.spiffeId());
          }
        }
      }
    }
    return ids;
  }

  private static Selector rarest(List<Selector> selectors, Map<Selector, Integer> counts) {
    var rarest = selectors.getFirst();
    for (var selector : selectors) {
      if (counts.getOrDefault(selector, 0) < counts.getOrDefault(rarest, 0)) {
        rarest = selector;
      }
    }
    return rarest;
  }
}
