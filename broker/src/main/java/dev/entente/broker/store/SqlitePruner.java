package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Deletes what has expired, in one transaction of bounded size.
final class SqlitePruner implements Pruner {
  /// How long a used token or piece of evidence is kept, to say "used" rather than "unknown". Both
  /// are refused anyway.
  private static final Duration EVIDENCE_KEPT = Duration.ofDays(1);

  /// SPIRE's time for journals.
  private static final Duration JOURNAL_KEPT = Duration.ofDays(14);

  private static final Duration CHANGES_KEPT = Duration.ofDays(1);
  private static final long CHANGES_MAX_ROWS = 1_000_000;

  /// A delete that takes longer than some milliseconds would hold up every other write.
  private static final long CHANGES_BATCH = 20_000;

  private final Writer writer;
  private final Ids ids;
  private final SqliteEntries entries;
  private final SqliteNodes nodes;

  SqlitePruner(Writer writer, Ids ids, SqliteEntries entries, SqliteNodes nodes) {
    this.writer = writer;
    this.ids = ids;
    this.entries = entries;
    this.nodes = nodes;
  }

  @Override
  public Future<PruneReport> tick(Instant now, PruneOptions options) {
    return writer
        .write(
            Flow.PRUNE,
            tx ->
                new PruneReport(
                    entries(tx, now, options.batch()),
                    nodes(tx, now, options),
                    tokens(tx, now, options.batch()),
                    evidence(tx, now),
                    journals(tx, now),
                    changes(tx, now)))
        .map(Written::outcome);
  }

  private int entries(Tx tx, Instant now, int batch) throws SQLException {
    var expired =
        tx.sql()
            .list(
                "SELECT id FROM entries WHERE expires_at < ? ORDER BY expires_at LIMIT ?",
                row -> row.getString(1),
                now.getEpochSecond(),
                batch);
    for (var id : expired) {
      entries.delete(tx, id);
    }
    return expired.size();
  }

  /// A banned node stays: its row is the ban.
  private List<SpiffeId> nodes(Tx tx, Instant now, PruneOptions options) throws SQLException {
    if (options.nodesExpiredFor().isEmpty()) {
      return List.of();
    }
    var expired =
        tx.sql()
            .list(
                "SELECT agent_id FROM nodes WHERE banned = 0 AND can_reattest >= ?"
                    + " AND max(not_after, coalesce(pending_not_after, 0)) < ?"
                    + " ORDER BY not_after LIMIT ?",
                row -> ids.read(row.getString(1)),
                options.includeUnreattestable() ? 0 : 1,
                now.minus(options.nodesExpiredFor().get()).getEpochSecond(),
                options.batch());
    for (var agentId : expired) {
      nodes.delete(tx, agentId);
    }
    return expired;
  }

  private static int tokens(Tx tx, Instant now, int batch) throws SQLException {
    return tx.sql()
            .update(
                "DELETE FROM join_tokens WHERE row IN (SELECT row FROM join_tokens"
                    + " WHERE used_at IS NULL AND expires_at < ? LIMIT ?)",
                now.getEpochSecond(),
                batch)
        + tx.sql()
            .update(
                "DELETE FROM join_tokens WHERE used_at < ? AND used_by NOT IN"
                    + " (SELECT agent_id FROM nodes)",
                now.minus(EVIDENCE_KEPT).getEpochSecond());
  }

  /// Evidence of a node that counts only once stays as long as the node: it is what keeps a copy of
  /// the evidence from counting.
  private static int evidence(Tx tx, Instant now) throws SQLException {
    return tx.sql()
        .update(
            "DELETE FROM spent_evidence WHERE used_at < ? AND used_by NOT IN"
                + " (SELECT agent_id FROM nodes WHERE can_reattest = 0)",
            now.minus(EVIDENCE_KEPT).getEpochSecond());
  }

  private static int journals(Tx tx, Instant now) throws SQLException {
    return tx.sql()
        .update(
            "DELETE FROM journal_epochs WHERE member IN (SELECT member FROM journal_rows"
                + " GROUP BY member HAVING max(not_after) < ?)",
            now.minus(JOURNAL_KEPT).getEpochSecond());
  }

  private static int changes(Tx tx, Instant now) throws SQLException {
    var tooOld =
        tx.sql()
            .number(
                "SELECT coalesce(max(revision), 0) FROM (SELECT revision FROM change_log"
                    + " WHERE at < ? ORDER BY revision LIMIT "
                    + CHANGES_BATCH
                    + ")",
                now.minus(CHANGES_KEPT).getEpochSecond());
    var tooMany = tx.revision() - CHANGES_MAX_ROWS;
    var oldest = tx.sql().number("SELECT coalesce(min(revision), 0) FROM change_log");
    var upTo = Math.min(Math.max(tooOld, tooMany), oldest + CHANGES_BATCH);
    if (oldest == 0 || upTo < oldest) {
      return 0;
    }
    tx.sql().update("UPDATE head SET low_water = ?", upTo);
    return tx.sql().update("DELETE FROM change_log WHERE revision <= ?", upTo);
  }
}
