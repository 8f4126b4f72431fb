package dev.entente.broker.registry;

import dev.entente.broker.registration.RegistrationEntry;
import java.util.Optional;

/// The entries one agent may use: references to sets that all agents share.
///
/// Iterates each entry once, in no particular order.
public interface AuthorizedEntries extends Iterable<RegistrationEntry> {
  int size();

  Optional<RegistrationEntry> find(String entryId);

  default boolean contains(String entryId) {
    return find(entryId).isPresent();
  }
}
