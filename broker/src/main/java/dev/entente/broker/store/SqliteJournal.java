package dev.entente.broker.store;

import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.Optional;

/// The authority journal in SQLite.
final class SqliteJournal implements AuthorityJournal {
  private final Writer writer;
  private final Readers readers;
  private final SqliteBundles bundles;

  SqliteJournal(Writer writer, Readers readers, SqliteBundles bundles) {
    this.writer = writer;
    this.readers = readers;
    this.bundles = bundles;
  }

  @Override
  public Future<Journal> load(String member) {
    return readers.read(sql -> sql.snapshot(inside -> load(inside, member)));
  }

  @Override
  public Future<Written<Outcome>> record(Step step) {
    step.ownBundle()
        .ifPresent(change -> bundles.requireNextOwn(change.expectedSequence(), change.next()));
    return writer.write(Flow.ROTATION, tx -> record(tx, step));
  }

  private Outcome record(Tx tx, Step step) throws SQLException {
    var epoch = epoch(tx.sql(), step.member());
    if (epoch != step.expectedEpoch()) {
      return new Outcome.Fenced(epoch);
    }
    if (step.ownBundle().isPresent()) {
      var change = step.ownBundle().get();
      Optional<Long> stale = bundles.replaceOwn(tx, change.expectedSequence(), change.next());
      if (stale.isPresent()) {
        return new Outcome.StaleBundle(stale.get());
      }
    }
    write(tx, step);
    return new Outcome.Recorded(load(tx.sql(), step.member()));
  }

  private static void write(Tx tx, Step step) throws SQLException {
    Rows.exactlyOne(
        tx.sql()
            .update(
                "INSERT INTO journal_epochs (member, epoch) VALUES (?, ?)"
                    + " ON CONFLICT (member) DO UPDATE SET epoch = excluded.epoch"
                    + " WHERE epoch = excluded.epoch - 1",
                step.member(),
                step.expectedEpoch() + 1));
    tx.sql().update("DELETE FROM journal_rows WHERE member = ?", step.member());
    for (var row : step.rows()) {
      tx.sql()
          .update(
              "INSERT INTO journal_rows (member, kind, slot, not_after, document)"
                  + " VALUES (?, ?, ?, ?, ?)",
              step.member(),
              row.kind().name(),
              row.slot().name(),
              row.notAfter().getEpochSecond(),
              JournalCodec.write(row));
    }
  }

  private static Journal load(Sql sql, String member) throws SQLException {
    var rows =
        sql.list(
            "SELECT kind, slot, document FROM journal_rows WHERE member = ? ORDER BY kind, slot",
            row -> JournalCodec.read(row.getString(1), row.getString(2), row.getString(3)),
            member);
    return new Journal(member, epoch(sql, member), rows);
  }

  private static long epoch(Sql sql, String member) throws SQLException {
    return sql.number("SELECT epoch FROM journal_epochs WHERE member = ?", member);
  }
}
