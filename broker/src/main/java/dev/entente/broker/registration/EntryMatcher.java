package dev.entente.broker.registration;

import java.util.Collection;
import java.util.Collections;
import java.util.Set;

/// Compares sets of selectors, or of trust domains, the way SPIRE's filters and aliases do.
public final class EntryMatcher {
  private EntryMatcher() {}

  /// Whether a record that has `present` passes a filter that names `asked`.
  public static <T> boolean matches(Set<T> present, Set<T> asked, MatchBehavior behavior) {
    return switch (behavior) {
      case EXACT -> present.equals(asked);
      case SUBSET -> !present.isEmpty() && asked.containsAll(present);
      case SUPERSET -> present.containsAll(asked);
      case ANY -> !Collections.disjoint(present, asked);
    };
  }

  /// Whether something that proved `proven` satisfies an entry that asks for `required`.
  public static <T> boolean satisfies(Collection<T> required, Set<T> proven) {
    return proven.containsAll(required);
  }
}
