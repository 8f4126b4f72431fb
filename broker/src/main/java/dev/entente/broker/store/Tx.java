package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The writer's open transaction: a connection, one moment, and the end of the change log.
///
/// Belongs to the writer's thread.
final class Tx {
  private final Sql sql;
  private final Instant now;
  private final long start;
  private final Set<SpiffeId> touched = new HashSet<>();
  private long revision;
  private boolean ownBundleChanged;

  Tx(Sql sql, Instant now, long revision) {
    this.sql = sql;
    this.now = Instant.ofEpochSecond(now.getEpochSecond());
    this.start = revision;
    this.revision = revision;
  }

  Sql sql() {
    return sql;
  }

  /// The moment of the transaction, in whole seconds.
  Instant now() {
    return now;
  }

  long seconds() {
    return now.getEpochSecond();
  }

  long revision() {
    return revision;
  }

  boolean changedAnything() {
    return revision != start;
  }

  Set<SpiffeId> touched() {
    return touched;
  }

  boolean ownBundleChanged() {
    return ownBundleChanged;
  }

  /// Appends an entry's change; a parent is null where there is none.
  void entryChanged(String id, @Nullable String oldParent, @Nullable String newParent)
      throws SQLException {
    append(ChangeKind.ENTRY, id, oldParent, newParent);
  }

  void changed(ChangeKind kind, String id) throws SQLException {
    append(kind, id, null, null);
  }

  /// Notes a node that was written without a change in the log.
  void touched(SpiffeId agentId) {
    touched.add(agentId);
  }

  void noteOwnBundle() {
    ownBundleChanged = true;
  }

  /// Where the transaction stands, to come back to it.
  record Mark(long revision, Set<SpiffeId> touched, boolean ownBundleChanged) {}

  Mark mark() {
    return new Mark(revision, Set.copyOf(touched), ownBundleChanged);
  }

  /// Goes back to where the transaction stood before a write that was rolled back.
  void rewind(Mark mark) {
    revision = mark.revision();
    touched.retainAll(mark.touched());
    ownBundleChanged = mark.ownBundleChanged();
  }

  private void append(
      ChangeKind kind, String id, @Nullable String oldParent, @Nullable String newParent)
      throws SQLException {
    revision++;
    sql.update(
        "INSERT INTO change_log (revision, kind, id, old_parent, new_parent, at)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        revision,
        kind.code(),
        id,
        oldParent,
        newParent,
        seconds());
  }
}
