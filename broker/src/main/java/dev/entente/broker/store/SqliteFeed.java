package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.function.Consumer;

/// The change feed over SQLite's change log.
final class SqliteFeed implements ChangeFeed {
  private final Writer writer;
  private final Readers readers;
  private final Ids ids;
  private final EntryRows entryRows;
  private final NodeRows nodeRows;

  SqliteFeed(Writer writer, Readers readers, Ids ids, EntryRows entryRows, NodeRows nodeRows) {
    this.writer = writer;
    this.readers = readers;
    this.ids = ids;
    this.entryRows = entryRows;
    this.nodeRows = nodeRows;
  }

  @Override
  public Future<Reading> read(String epoch, long revision) {
    return readers.read(sql -> sql.snapshot(inside -> read(inside, epoch, revision)));
  }

  @Override
  public Future<Checked> readChecked(String epoch, long revision) {
    return readers.read(sql ->
        sql.snapshot(inside -> {
          var reading = read(inside, epoch, revision);
          var sum = new SummingSink();
          stream(inside, sum);
          return new Checked(reading, sum.total);
        }));
  }

  @Override
  public Future<Position> load(Sink sink) {
    return readers.read(sql ->
        sql.snapshot(inside -> {
          var position = StoreHead.read(inside).position();
          stream(inside, sink);
          return position;
        }));
  }

  @Override
  public void onCommit(Consumer<Notice> listener) {
    writer.addListener(listener);
  }

  private Reading read(Sql sql, String epoch, long revision) throws SQLException {
    var head = StoreHead.read(sql);
    if (!head.epoch().equals(epoch) || revision < head.lowWater() || revision > head.revision()) {
      return new Reading.Reload(head.position());
    }
    var events = new FeedEvents(ids);
    var last = new long[] {revision};
    sql.each(
        "SELECT revision, kind, id, old_parent FROM change_log WHERE revision > ?"
            + " ORDER BY revision LIMIT "
            + DELTA_MAX_ROWS,
        row -> {
          last[0] = row.getLong(1);
          events.add(row.getInt(2), row.getString(3), row.getString(4));
        },
        revision);
    var resolved = events.resolve(sql, entryRows, nodeRows);
    return new Reading.Delta(new Position(epoch, last[0]), resolved, last[0] == head.revision());
  }

  private void stream(Sql sql, Sink sink) throws SQLException {
    sql.each(
        "SELECT " + EntryRows.COLUMNS + " FROM entries", row -> sink.entry(entryRows.read(row)));
    sql.each("SELECT " + NodeRows.COLUMNS + " FROM nodes", row -> sink.node(nodeRows.read(row)));
    sql.each(
        "SELECT trust_domain, document FROM bundles", row -> sink.bundle(SqliteBundles.read(row)));
    sql.each(
        "SELECT trust_domain, endpoint_url, endpoint_id FROM relationships",
        row -> sink.relationship(SqliteRelationships.read(row)));
  }

  private static final class SummingSink implements Sink {
    private long total;

    @Override
    public void entry(RegistrationEntry entry) {
      total += Checksum.of(entry);
    }

    @Override
    public void node(NodeRecord node) {
      total += Checksum.of(node);
    }

    @Override
    public void bundle(SpiffeBundle bundle) {
      total += Checksum.of(bundle);
    }

    @Override
    public void relationship(Relationship relationship) {
      total += Checksum.of(relationship);
    }
  }
}
