package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.spiffe.SpiffeId;
import java.time.Instant;

/// An SVID with its private key, of either kind. Compared by identity; its text form names the id
/// only.
sealed interface Held permits HeldSvid, HeldWit {
  /// The entry that grants it, as it stood when the SVID was ordered.
  AgentEntry entry();

  /// The identity.
  SpiffeId spiffeId();

  /// From when it is valid.
  Instant notBefore();

  /// When it ends.
  Instant notAfter();

  boolean isValidAt(Instant now);

  /// The id of the entry that grants it.
  default String entryId() {
    return entry().id();
  }

  /// Whether it was ordered for `now` as the entry stands. A later revision, and an entry made
  /// again under the same id, need a new one.
  default boolean isFor(AgentEntry now) {
    return entry().revisionNumber() == now.revisionNumber()
        && entry().createdAt().equals(now.createdAt())
        && entry().spiffeId().equals(now.spiffeId());
  }

  /// Whether it may be served until the new one is there: it still names the identity granted.
  default boolean namesIdentityOf(AgentEntry now) {
    return spiffeId().equals(now.spiffeId());
  }
}
