package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Bundles in SQLite.
final class SqliteBundles implements BundleStore {
  private final Writer writer;
  private final Readers readers;
  private final SqliteEntries entries;
  private final TrustDomain own;

  SqliteBundles(Writer writer, Readers readers, SqliteEntries entries, TrustDomain own) {
    this.writer = writer;
    this.readers = readers;
    this.entries = entries;
    this.own = own;
  }

  @Override
  public Future<Optional<SpiffeBundle>> find(TrustDomain domain) {
    return readers.read(sql -> find(sql, domain));
  }

  @Override
  public Future<Written<OwnReplacement>> replaceOwn(long expectedSequence, SpiffeBundle next) {
    requireNextOwn(expectedSequence, next);
    return writer.write(
        Flow.ROTATION,
        tx -> {
          var stale = replaceOwn(tx, expectedSequence, next);
          return stale.isPresent()
              ? new OwnReplacement.Stale(stale.get())
              : new OwnReplacement.Replaced();
        });
  }

  @Override
  public Future<Written<Edition>> edit(TrustDomain domain, Edit edit) {
    requireForeign(domain);
    return writer.write(
        Flow.BUNDLE_WRITE,
        tx -> {
          var present = find(tx.sql(), domain);
          var next = edit.apply(present);
          if (next.isEmpty()) {
            return new Edition.Left(present);
          }
          put(tx, domain, next.get());
          return new Edition.Stored(next.get());
        });
  }

  @Override
  public Future<Written<Deletion>> delete(TrustDomain domain, DeleteMode mode) {
    requireForeign(domain);
    return writer.write(Flow.BUNDLE_WRITE, tx -> delete(tx, domain, mode));
  }

  @Override
  public Future<Page<SpiffeBundle>> list(PageRequest page) {
    return readers.read(sql -> {
      List<SpiffeBundle> found = new ArrayList<>();
      var last = new long[1];
      sql.each(
          "SELECT trust_domain, document, row FROM bundles WHERE row > ?" + " ORDER BY row LIMIT ?",
          row -> {
            last[0] = row.getLong(3);
            found.add(read(row));
          },
          page.isAll() ? 0L : page.afterRow(),
          page.isAll() ? -1 : page.size());
      return Paging.page(page, found, last[0]);
    });
  }

  @Override
  public Future<Long> count() {
    return readers.read(sql -> sql.number("SELECT count(*) FROM bundles"));
  }

  static Optional<SpiffeBundle> find(Sql sql, TrustDomain domain) throws SQLException {
    return sql.first(
        "SELECT trust_domain, document FROM bundles WHERE trust_domain = ?",
        SqliteBundles::read,
        domain.name());
  }

  static SpiffeBundle read(ResultSet row) throws SQLException {
    return BundleCodec.read(TrustDomain.parse(row.getString(1)), row.getString(2));
  }

  static long sequence(Sql sql, TrustDomain domain) throws SQLException {
    return sql.number("SELECT sequence FROM bundles WHERE trust_domain = ?", domain.name());
  }

  /// Puts our own next bundle in place, or says which sequence number was there instead.
  Optional<Long> replaceOwn(Tx tx, long expectedSequence, SpiffeBundle next) throws SQLException {
    var present = sequence(tx.sql(), own);
    if (present != expectedSequence) {
      return Optional.of(present);
    }
    put(tx, own, next);
    tx.noteOwnBundle();
    return Optional.empty();
  }

  void requireNextOwn(long expectedSequence, SpiffeBundle next) {
    var sequence = next.sequence().orElse(0);
    if (!next.trustDomain().equals(own) || sequence <= expectedSequence) {
      throw new IllegalArgumentException(
          "not the next own bundle: domain \""
              + next.trustDomain()
              + "\", sequence "
              + sequence
              + " after "
              + expectedSequence);
    }
  }

  /// Stores a bundle, whatever was there.
  static void put(Tx tx, TrustDomain domain, SpiffeBundle bundle) throws SQLException {
    if (!bundle.trustDomain().equals(domain)) {
      throw new IllegalArgumentException(
          "the bundle of \"" + bundle.trustDomain() + "\" is not one of \"" + domain + "\"");
    }
    tx.sql()
        .update(
            "INSERT INTO bundles (trust_domain, sequence, document, updated_at)"
                + " VALUES (?, ?, ?, ?) ON CONFLICT (trust_domain) DO UPDATE SET"
                + " sequence = excluded.sequence, document = excluded.document,"
                + " updated_at = excluded.updated_at",
            domain.name(),
            bundle.sequence().orElse(0),
            BundleCodec.write(bundle),
            tx.seconds());
    tx.changed(ChangeKind.BUNDLE, domain.name());
  }

  void requireForeign(TrustDomain domain) {
    if (domain.equals(own)) {
      throw new IllegalArgumentException("our own bundle is changed by rotation only");
    }
  }

  private Deletion delete(Tx tx, TrustDomain domain, DeleteMode mode) throws SQLException {
    if (find(tx.sql(), domain).isEmpty()) {
      return new Deletion.NotFound();
    }
    var referring = SqliteEntries.federatedWith(tx.sql(), domain);
    if (mode == DeleteMode.RESTRICT && !referring.isEmpty()) {
      return new Deletion.Referenced(referring.size());
    }
    for (var id : referring) {
      if (mode == DeleteMode.DELETE) {
        entries.delete(tx, id);
      } else {
        dissociate(tx, id, domain);
      }
    }
    Rows.exactlyOne(tx.sql().update("DELETE FROM bundles WHERE trust_domain = ?", domain.name()));
    tx.changed(ChangeKind.BUNDLE, domain.name());
    return new Deletion.Deleted(referring);
  }

  private void dissociate(Tx tx, String id, TrustDomain domain) throws SQLException {
    var present = entries.find(tx.sql(), id).orElseThrow();
    var left = new TreeSet<>(present.federatesWith());
    left.remove(domain);
    var next = entries.replace(tx, present, present.toBuilder().federatesWith(left).build());
    if (next.isEmpty()) {
      throw new IllegalStateException("entry " + id + " has a twin");
    }
  }
}
