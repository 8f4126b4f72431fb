package dev.entente.broker.registry;

import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.broker.registry.Step.Move;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The latest moves, so that an agent whose stream broke goes on where it was.
///
/// Belongs to the registry's thread.
final class RecentMoves {
  /// Minutes of a busy broker.
  private static final int STEPS_MAX = 4_096;

  /// Some 64 bytes each.
  private static final int MOVES_MAX = 65_536;

  private record Past(
      long from, long to, List<Move> moves, boolean reshaped, boolean bundlesChanged) {}

  private final Deque<Past> steps = new ArrayDeque<>();
  private int moves;

  /// Keeps what moved; the view itself would keep old sets alive.
  void add(long from, long to, Step step) {
    steps.addLast(new Past(from, to, step.moves(), step.reshaped(), step.bundlesChanged()));
    moves += step.moves().size();
    while (steps.size() > STEPS_MAX || moves > MOVES_MAX) {
      moves -= steps.removeFirst().moves().size();
    }
  }

  void clear() {
    steps.clear();
    moves = 0;
  }

  /// What an agent that reaches `reach` has missed, or empty if that cannot be told.
  Optional<Missed> since(long revision, long now, Reach reach) {
    if (revision == now) {
      return Optional.of(new Missed(List.of(), false));
    }
    if (steps.isEmpty() || steps.getFirst().from() > revision || revision > now) {
      return Optional.empty();
    }
    Map<String, EntryNotice> notices = new LinkedHashMap<>();
    var bundles = false;
    for (var past : steps) {
      if (past.to() > revision) {
        if (past.reshaped()) {
          return Optional.empty();
        }
        bundles = bundles || past.bundlesChanged();
        for (Move move : past.moves()) {
          if (reach.parents().contains(move.parent())) {
            notices.put(move.notice().entryId(), move.notice());
          }
        }
      }
    }
    return Optional.of(new Missed(notices.values(), bundles));
  }

  /// What happened below an agent's parents.
  record Missed(Collection<EntryNotice> notices, boolean bundlesChanged) {}
}
