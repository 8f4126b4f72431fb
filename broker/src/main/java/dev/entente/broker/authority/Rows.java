package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.Slot;
import dev.entente.broker.store.AuthorityJournal.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds and replaces rows of a journal; pure.
final class Rows {
  /// The `kid` of a generation's second key, among the details of its row.
  static final String RS256_KEY_ID = "rs256-key-id";

  /// Which upstream root an X.509 authority stands under, among the details of its row.
  static final String UPSTREAM_KEY_ID = "upstream-key-id";

  private Rows() {}

  static Optional<Row> find(List<Row> rows, Kind kind, State state) {
    return rows.stream().filter(row -> row.kind() == kind && row.state() == state).findFirst();
  }

  /// The slot for the next authority: never the active one's.
  static Slot nextSlot(List<Row> rows, Kind kind) {
    return find(rows, kind, State.ACTIVE)
        .map(active -> active.slot() == Slot.A ? Slot.B : Slot.A)
        .orElse(Slot.A);
  }

  /// The rows with this one in its slot.
  static List<Row> with(List<Row> rows, Row row) {
    var next = new ArrayList<>(without(rows, row.kind(), row.slot()));
    next.add(row);
    return List.copyOf(next);
  }

  static List<Row> without(List<Row> rows, Kind kind, Slot slot) {
    return rows.stream().filter(row -> row.kind() != kind || row.slot() != slot).toList();
  }

  static Row in(State state, Row row) {
    return with(state, row.publishedAt(), row);
  }

  static Row published(Row row, Instant at) {
    return with(row.state(), at, row);
  }

  private static Row with(State state, Instant publishedAt, Row row) {
    return new Row(
        row.kind(),
        row.slot(),
        state,
        row.authorityId(),
        row.keyIds(),
        row.chain(),
        publishedAt,
        row.notAfter(),
        row.details());
  }

  /// The subject key id of the upstream root under which an X.509 authority stands; empty if it is
  /// a root itself.
  static Optional<String> upstreamId(Row row) {
    return Optional.ofNullable(row.details().get(UPSTREAM_KEY_ID));
  }

  /// The id by which a bundle knows an X.509 authority: its own, or its upstream root's.
  static String rootId(Row row) {
    return upstreamId(row).orElse(row.authorityId());
  }

  /// The ids by which a bundle knows the authority: one subject key id, or two key ids.
  static Set<String> bundleIds(Row row) {
    return upstreamId(row).map(Set::of).orElseGet(() -> ownIds(row));
  }

  private static Set<String> ownIds(Row row) {
    var rs256 = Optional.ofNullable(row.details().get(RS256_KEY_ID));
    return rs256.isPresent() ? Set.of(row.authorityId(), rs256.get()) : Set.of(row.authorityId());
  }

  /// Whether an operator may call it by this id: either key id names a generation.
  static boolean isCalled(Row row, String id) {
    return ownIds(row).contains(id);
  }

  /// Whether both journals have the same authorities in the same states.
  static boolean sameStates(List<Row> one, List<Row> other) {
    return states(one).equals(states(other));
  }

  private static Set<String> states(List<Row> rows) {
    var states = new java.util.HashSet<String>();
    rows.forEach(row ->
        states.add(row.kind() + "/" + row.slot() + "/" + row.state() + "/" + row.authorityId()));
    return states;
  }
}
