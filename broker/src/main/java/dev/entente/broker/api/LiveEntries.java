package dev.entente.broker.api;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.AuthorizedEntries;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// An agent's entries without those that had expired at one moment.
///
/// Pruning takes them out of the store some minutes later; an SVID signed meanwhile would outlive
/// what granted it. An agent hears of them what it hears of entries that were never there.
///
/// @param all the agent's entries, expired ones among them
/// @param now the moment
record LiveEntries(AuthorizedEntries all, Instant now) implements AuthorizedEntries {
  /// Counts: nobody keeps the number of entries that have expired.
  @Override
  public int size() {
    return (int) live().count();
  }

  @Override
  public Optional<RegistrationEntry> find(String entryId) {
    return all.find(entryId).filter(entry -> !entry.isExpired(now));
  }

  @Override
  public Iterator<RegistrationEntry> iterator() {
    return live().iterator();
  }

  private Stream<RegistrationEntry> live() {
    return StreamSupport.stream(all.spliterator(), false).filter(entry -> !entry.isExpired(now));
  }
}
