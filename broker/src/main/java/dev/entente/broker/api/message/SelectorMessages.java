package dev.entente.broker.api.message;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.MatchBehavior;
import dev.entente.broker.store.EntryFilter;
import dev.entente.wire.spire.types.SelectorMatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Selectors, and filters on sets of them, as messages.
public final class SelectorMessages {
  private SelectorMessages() {}

  /// Writes selectors in their order.
  public static List<dev.entente.wire.spire.types.Selector> toWire(Collection<Selector> selectors) {
    var messages = new ArrayList<dev.entente.wire.spire.types.Selector>(selectors.size());
    for (var selector : selectors) {
      messages.add(
          dev.entente.wire.spire.types.Selector.newBuilder()
              .setType(selector.type())
              .setValue(selector.value())
              .build());
    }
    return messages;
  }

  /// Reads selectors; each needs a type without colon and a value.
  public static Set<Selector> read(List<dev.entente.wire.spire.types.Selector> messages) {
    var selectors = new TreeSet<Selector>();
    for (var message : messages) {
      selectors.add(new Selector(message.getType(), message.getValue()));
    }
    return selectors;
  }

  /// Reads a filter; it must name at least one selector.
  public static EntryFilter.Match<Selector> readMatch(SelectorMatch message, String field) {
    var selectors = read(message.getSelectorsList());
    if (selectors.isEmpty()) {
      throw new IllegalArgumentException(field + ": the filter names no selector");
    }
    return new EntryFilter.Match<>(selectors, behavior(message.getMatchValue(), field));
  }

  /// Reads a match behaviour, whose numbers are the same for selectors and trust domains.
  static MatchBehavior behavior(int number, String field) {
    return switch (number) {
      case SelectorMatch.MatchBehavior.MATCH_EXACT_VALUE -> MatchBehavior.EXACT;
      case SelectorMatch.MatchBehavior.MATCH_SUBSET_VALUE -> MatchBehavior.SUBSET;
      case SelectorMatch.MatchBehavior.MATCH_SUPERSET_VALUE -> MatchBehavior.SUPERSET;
      case SelectorMatch.MatchBehavior.MATCH_ANY_VALUE -> MatchBehavior.ANY;
      default -> throw new IllegalArgumentException(field + ": unknown match behavior " + number);
    };
  }
}
