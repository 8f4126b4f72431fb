package dev.entente.agent.svidcache;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/// The SVIDs of one kind held, by entry id: when each is due, and which may go when there are too
/// many.
///
/// Not safe for threads; [SvidCache] owns it.
final class SvidShelf<S extends Held> {
  private final Map<String, Placed<S>> placed = new HashMap<>();
  private final PriorityQueue<Placed<S>> byRotation =
      new PriorityQueue<>(Comparator.comparing(Placed::rotateAt));

  /// Held, and needed by no open stream; least recently needed first.
  private final Set<String> idle = new LinkedHashSet<>();

  /// How many groups with open streams need an entry; absent for none.
  private final Map<String, Integer> needed = new HashMap<>();

  /// Puts `svid` in place of the one before.
  void put(S svid, Instant rotateAt) {
    var place = new Placed<>(svid, rotateAt);
    var before = placed.put(svid.entryId(), place);
    if (before != null) {
      byRotation.remove(before);
    }
    byRotation.add(place);
    if (!isNeeded(svid.entryId())) {
      idle.add(svid.entryId());
    }
  }

  /// What is held for an entry, expired or not.
  Optional<S> find(String entryId) {
    return Optional.ofNullable(placed.get(entryId)).map(Placed::svid);
  }

  void remove(String entryId) {
    var gone = placed.remove(entryId);
    if (gone != null) {
      byRotation.remove(gone);
      idle.remove(entryId);
    }
  }

  int size() {
    return placed.size();
  }

  List<S> all() {
    return placed.values().stream().map(Placed::svid).toList();
  }

  boolean isNeeded(String entryId) {
    return needed.containsKey(entryId);
  }

  /// One more group with open streams has this entry.
  void need(String entryId) {
    needed.merge(entryId, 1, Integer::sum);
    idle.remove(entryId);
  }

  /// One group fewer has this entry.
  void release(String entryId) {
    needed.computeIfPresent(entryId, (_, count) -> count > 1 ? count - 1 : null);
    if (!isNeeded(entryId) && placed.containsKey(entryId)) {
      idle.add(entryId);
    }
  }

  /// Takes the entries whose SVIDs are due from the schedule; each comes back with its next SVID.
  List<String> takeDue(Instant now) {
    List<String> due = new ArrayList<>();
    for (var next = byRotation.peek();
        next != null && !next.rotateAt().isAfter(now);
        next = byRotation.peek()) {
      byRotation.remove();
      due.add(next.svid().entryId());
    }
    return due;
  }

  /// Lets go of what no open stream needs, least recently needed first, until at most `limit` are
  /// held or all that are left are needed.
  void trimTo(int limit) {
    while (size() > limit && !idle.isEmpty()) {
      remove(idle.iterator().next());
    }
  }

  private record Placed<S extends Held>(S svid, Instant rotateAt) {}
}
