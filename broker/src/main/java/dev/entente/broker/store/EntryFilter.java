package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.MatchBehavior;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.Optional;
import java.util.Set;

/// Which entries are meant: those that pass every part that is present.
///
/// @param downstreamOnly leaves out entries without the downstream right; `false` filters nothing
public record EntryFilter(
    Optional<SpiffeId> spiffeId,
    Optional<SpiffeId> parentId,
    Optional<Match<Selector>> selectors,
    Optional<Match<TrustDomain>> federatesWith,
    Optional<String> hint,
    boolean downstreamOnly) {
  /// Every entry.
  public static final EntryFilter NONE =
      new EntryFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false);

  /// A set to compare with, never empty.
  public record Match<T>(Set<T> asked, MatchBehavior behavior) {
    public Match {
      asked = Set.copyOf(asked);
      if (asked.isEmpty()) {
        throw new IllegalArgumentException("the set to match is empty");
      }
    }
  }

  public static EntryFilter bySpiffeId(SpiffeId id) {
    return NONE.withSpiffeId(id);
  }

  public static EntryFilter byParentId(SpiffeId id) {
    return NONE.withParentId(id);
  }

  public EntryFilter withSpiffeId(SpiffeId id) {
    return new EntryFilter(
        Optional.of(id), parentId, selectors, federatesWith, hint, downstreamOnly);
  }

  public EntryFilter withParentId(SpiffeId id) {
    return new EntryFilter(
        spiffeId, Optional.of(id), selectors, federatesWith, hint, downstreamOnly);
  }

  public EntryFilter withSelectors(Set<Selector> asked, MatchBehavior behavior) {
    return new EntryFilter(
        spiffeId,
        parentId,
        Optional.of(new Match<>(asked, behavior)),
        federatesWith,
        hint,
        downstreamOnly);
  }

  public EntryFilter withFederatesWith(Set<TrustDomain> asked, MatchBehavior behavior) {
    return new EntryFilter(
        spiffeId,
        parentId,
        selectors,
        Optional.of(new Match<>(asked, behavior)),
        hint,
        downstreamOnly);
  }

  public EntryFilter withHint(String exactHint) {
    return new EntryFilter(
        spiffeId, parentId, selectors, federatesWith, Optional.of(exactHint), downstreamOnly);
  }

  public EntryFilter withDownstreamOnly() {
    return new EntryFilter(spiffeId, parentId, selectors, federatesWith, hint, true);
  }
}
