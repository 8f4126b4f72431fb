package dev.entente.broker.registry;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/// How far one agent reaches: the parents it may use, and the sets below them.
///
/// @param parents every id whose entries are the agent's, those without entries included
record Reach(Set<SpiffeId> parents, List<ParentSet> sets) implements AuthorizedEntries {
  @Override
  public int size() {
    var size = 0;
    for (var set : sets) {
      size += set.size();
    }
    return size;
  }

  @Override
  public Optional<RegistrationEntry> find(String entryId) {
    for (var set : sets) {
      var found = set.find(entryId);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  @Override
  public Iterator<RegistrationEntry> iterator() {
    return new Iterator<>() {
      private int set;
      private int index;

      @Override
      public boolean hasNext() {
        while (set < sets.size() && index == sets.get(set).size()) {
          set++;
          index = 0;
        }
        return set < sets.size();
      }

      @Override
      public RegistrationEntry next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the agent has no more entries");
        }
        return sets.get(set).get(index++);
      }
    };
  }
}
