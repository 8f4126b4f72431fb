package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.MatchBehavior;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// Which nodes are meant: those that pass every part that is present.
///
/// @param expiresBefore only nodes whose agent SVID ends before this moment
public record NodeFilter(
    Optional<String> attestationType,
    Optional<EntryFilter.Match<Selector>> selectors,
    Optional<Boolean> banned,
    Optional<Boolean> canReattest,
    Optional<Instant> expiresBefore) {
  /// Every node.
  public static final NodeFilter NONE =
      new NodeFilter(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  public NodeFilter withAttestationType(String type) {
    return new NodeFilter(Optional.of(type), selectors, banned, canReattest, expiresBefore);
  }

  public NodeFilter withSelectors(Set<Selector> asked, MatchBehavior behavior) {
    return new NodeFilter(
        attestationType,
        Optional.of(new EntryFilter.Match<>(asked, behavior)),
        banned,
        canReattest,
        expiresBefore);
  }

  public NodeFilter withBanned(boolean value) {
    return new NodeFilter(
        attestationType, selectors, Optional.of(value), canReattest, expiresBefore);
  }

  public NodeFilter withCanReattest(boolean value) {
    return new NodeFilter(attestationType, selectors, banned, Optional.of(value), expiresBefore);
  }

  public NodeFilter withExpiresBefore(Instant moment) {
    return new NodeFilter(attestationType, selectors, banned, canReattest, Optional.of(moment));
  }
}
