package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Registration entries in SQLite.
final class SqliteEntries implements EntryStore {
  private final Writer writer;
  private final Readers readers;
  private final EntryRows rows;

  SqliteEntries(Writer writer, Readers readers, EntryRows rows) {
    this.writer = writer;
    this.readers = readers;
    this.rows = rows;
  }

  @Override
  public Future<Written<List<Creation>>> create(List<RegistrationEntry> entries) {
    return each(entries, this::create);
  }

  @Override
  public Future<Written<List<Update>>> update(List<Change> changes) {
    return each(changes, this::update);
  }

  @Override
  public Future<Written<List<Deletion>>> delete(List<String> ids) {
    return each(
        ids,
        (tx, id) -> {
          Optional<Deletion> done = delete(tx, id).map(Deletion.Deleted::new);
          return done.orElse(new Deletion.NotFound(id));
        });
  }

  /// What one item of a batch comes to.
  private interface Step<T, O> {
    O take(Tx tx, T item) throws SQLException;
  }

  /// Takes the step for each item, in one write and in their order.
  private <T, O> Future<Written<List<O>>> each(List<T> items, Step<T, O> step) {
    var asked = List.copyOf(items);
    return writer.write(
        Flow.ENTRY_WRITE,
        asked.size(),
        tx -> {
          List<O> outcomes = new ArrayList<>(asked.size());
          for (var item : asked) {
            outcomes.add(step.take(tx, item));
          }
          return outcomes;
        });
  }

  @Override
  public Future<Written<List<Adoption>>> adopt(List<RegistrationEntry> entries, boolean update) {
    return each(entries, (tx, entry) -> adopt(tx, entry, update));
  }

  @Override
  public Future<List<Adoption>> judge(List<RegistrationEntry> entries, boolean update) {
    var asked = List.copyOf(entries);
    return readers.read(sql -> {
      List<Adoption> outcomes = new ArrayList<>(asked.size());
      for (var entry : asked) {
        outcomes.add(judge(sql, entry, update));
      }
      return outcomes;
    });
  }

  @Override
  public Future<Optional<RegistrationEntry>> find(String id) {
    return readers.read(sql -> find(sql, id));
  }

  @Override
  public Future<Page<RegistrationEntry>> list(EntryFilter filter, PageRequest page) {
    return readers.read(sql -> {
      var query = new EntryQuery(filter);
      List<RegistrationEntry> found = new ArrayList<>();
      var last = new long[1];
      sql.eachOnce(
          query.page(EntryRows.COLUMNS, page),
          row -> {
            last[0] = EntryRows.row(row);
            if (page.wants(found.size())) {
              var entry = rows.read(row);
              if (query.accepts(entry)) {
                found.add(entry);
              }
            }
          },
          query.values());
      return Paging.page(page, found, last[0]);
    });
  }

  @Override
  public Future<Long> count(EntryFilter filter) {
    return readers.read(sql -> {
      var query = new EntryQuery(filter);
      var count = new long[1];
      if (query.isExact()) {
        sql.eachOnce(query.count(), row -> count[0] = row.getLong(1), query.values());
      } else {
        sql.eachOnce(
            query.page(EntryRows.COLUMNS, PageRequest.ALL),
            row -> count[0] += query.accepts(rows.read(row)) ? 1 : 0,
            query.values());
      }
      return count[0];
    });
  }

  Optional<RegistrationEntry> find(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + EntryRows.COLUMNS + " FROM entries WHERE id = ?", rows::read, id);
  }

  /// Creates an entry with revision number 0 and the time of the transaction.
  Creation create(Tx tx, RegistrationEntry asked) throws SQLException {
    var entry = asked.toBuilder().revisionNumber(0).createdAt(tx.now()).build();
    if (insert(tx, entry)) {
      return new Creation.Created(entry);
    }
    Optional<Creation> similar = similar(tx.sql(), entry).map(Creation.Similar::new);
    return similar.orElse(new Creation.IdTaken(entry.id()));
  }

  /// Inserts an entry as it is, unless its id, or its parent, SPIFFE ID and selectors are taken.
  private static boolean insert(Tx tx, RegistrationEntry entry) throws SQLException {
    var written = SelectorText.write(entry.selectors());
    var row =
        tx.sql()
            .first(
                "INSERT INTO entries (id, spiffe_id, parent_id, selectors, selectors_digest,"
                    + " x509_svid_ttl, jwt_svid_ttl, flags, federates_with, dns_names, hint,"
                    + " expires_at, created_at, revision_number)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    + " ON CONFLICT DO NOTHING RETURNING row",
                found -> found.getLong(1),
                entry.id(),
                entry.spiffeId().toString(),
                entry.parentId().toString(),
                written,
                SelectorText.digest(written),
                entry.x509SvidTtl().toSeconds(),
                entry.jwtSvidTtl().toSeconds(),
                EntryRows.flags(entry),
                EntryRows.writeDomains(entry.federatesWith()),
                String.join(",", entry.dnsNames()),
                entry.hint(),
                EntryRows.expiry(entry).orElse(null),
                entry.createdAt().getEpochSecond(),
                entry.revisionNumber());
    if (row.isEmpty()) {
      return false;
    }
    index(tx, row.get(), entry);
    tx.entryChanged(entry.id(), null, entry.parentId().toString());
    return true;
  }

  private Adoption adopt(Tx tx, RegistrationEntry asked, boolean update) throws SQLException {
    var judged = judge(tx.sql(), asked, update);
    switch (judged) {
      case Adoption.Adopted _ -> {
        if (!insert(tx, asked)) {
          throw new IllegalStateException(
              "entry " + asked.id() + " is free and cannot be inserted");
        }
      }
      case Adoption.Updated _ -> overwrite(tx, find(tx.sql(), asked.id()).orElseThrow(), asked);
      case Adoption.Same _, Adoption.Newer _, Adoption.Differs _, Adoption.Similar _ -> {}
    }
    return judged;
  }

  private Adoption judge(Sql sql, RegistrationEntry asked, boolean update) throws SQLException {
    var present = find(sql, asked.id());
    if (present.isPresent() && present.get().equals(asked)) {
      return new Adoption.Same(asked);
    }
    if (present.isPresent() && asked.revisionNumber() <= present.get().revisionNumber()) {
      return new Adoption.Differs(present.get());
    }
    var other = similar(sql, asked).filter(same -> !same.id().equals(asked.id()));
    if (other.isPresent()) {
      return new Adoption.Similar(other.get());
    }
    if (present.isEmpty()) {
      return new Adoption.Adopted(asked);
    }
    return update ? new Adoption.Updated(asked) : new Adoption.Newer(present.get());
  }

  /// Deletes an entry and says what it was.
  Optional<RegistrationEntry> delete(Tx tx, String id) throws SQLException {
    var found = find(tx.sql(), id);
    if (found.isPresent()) {
      var row = rowOf(tx, id);
      unindex(tx, row, found.get());
      Rows.exactlyOne(tx.sql().update("DELETE FROM entries WHERE row = ?", row));
      tx.entryChanged(id, found.get().parentId().toString(), null);
    }
    return found;
  }

  /// Writes an entry over the one with its id, one revision further.
  ///
  /// @return what is stored now, or empty if another entry has that parent, id and selectors
  Optional<RegistrationEntry> replace(Tx tx, RegistrationEntry present, RegistrationEntry next)
      throws SQLException {
    var entry =
        next.toBuilder()
            .id(present.id())
            .createdAt(present.createdAt())
            .revisionNumber(present.revisionNumber() + 1)
            .build();
    var other = similar(tx.sql(), entry).filter(same -> !same.id().equals(entry.id()));
    if (other.isPresent()) {
      return Optional.empty();
    }
    overwrite(tx, present, entry);
    return Optional.of(entry);
  }

  private static void overwrite(Tx tx, RegistrationEntry present, RegistrationEntry entry)
      throws SQLException {
    var written = SelectorText.write(entry.selectors());
    var row = rowOf(tx, entry.id());
    unindex(tx, row, present);
    Rows.exactlyOne(
        tx.sql()
            .update(
                "UPDATE entries SET spiffe_id = ?, parent_id = ?, selectors = ?,"
                    + " selectors_digest = ?, x509_svid_ttl = ?, jwt_svid_ttl = ?, flags = ?,"
                    + " federates_with = ?, dns_names = ?, hint = ?, expires_at = ?,"
                    + " created_at = ?, revision_number = ? WHERE row = ? AND revision_number = ?",
                entry.spiffeId().toString(),
                entry.parentId().toString(),
                written,
                SelectorText.digest(written),
                entry.x509SvidTtl().toSeconds(),
                entry.jwtSvidTtl().toSeconds(),
                EntryRows.flags(entry),
                EntryRows.writeDomains(entry.federatesWith()),
                String.join(",", entry.dnsNames()),
                entry.hint(),
                EntryRows.expiry(entry).orElse(null),
                entry.createdAt().getEpochSecond(),
                entry.revisionNumber(),
                row,
                present.revisionNumber()));
    index(tx, row, entry);
    tx.entryChanged(entry.id(), present.parentId().toString(), entry.parentId().toString());
  }

  /// Ids of the entries that federate with a trust domain, in the order of creation.
  static List<String> federatedWith(Sql sql, TrustDomain domain) throws SQLException {
    return sql.list(
        "SELECT e.id FROM entry_federation f JOIN entries e ON e.row = f.entry"
            + " WHERE f.trust_domain = ? ORDER BY e.row",
        row -> row.getString(1),
        domain.name());
  }

  private Update update(Tx tx, Change change) throws SQLException {
    var present = find(tx.sql(), change.id());
    if (present.isEmpty()) {
      return new Update.NotFound(change.id());
    }
    return switch (change.edit().apply(present.get())) {
      case Edited.Refused refused -> new Update.Refused(refused.why());
      case Edited.Next next -> {
        Optional<Update> done = replace(tx, present.get(), next.entry()).map(Update.Updated::new);
        yield done.orElse(
            new Update.Refused("another entry has this parent_id, spiffe_id and set of selectors"));
      }
    };
  }

  /// The entry with this parent, SPIFFE ID and set of selectors.
  private Optional<RegistrationEntry> similar(Sql sql, RegistrationEntry entry)
      throws SQLException {
    return sql.first(
        "SELECT "
            + EntryRows.COLUMNS
            + " FROM entries"
            + " WHERE parent_id = ? AND spiffe_id = ? AND selectors_digest = ?",
        rows::read,
        entry.parentId().toString(),
        entry.spiffeId().toString(),
        SelectorText.digest(SelectorText.write(entry.selectors())));
  }

  private static long rowOf(Tx tx, String id) throws SQLException {
    return tx.sql().number("SELECT row FROM entries WHERE id = ?", id);
  }

  private static void index(Tx tx, long row, RegistrationEntry entry) throws SQLException {
    for (var selector : entry.selectors()) {
      tx.sql()
          .update(
              "INSERT INTO entry_selectors (selector, entry) VALUES (?, ?)",
              selector.toString(),
              row);
    }
    for (var domain : entry.federatesWith()) {
      tx.sql()
          .update(
              "INSERT INTO entry_federation (trust_domain, entry) VALUES (?, ?)",
              domain.name(),
              row);
    }
  }

  private static void unindex(Tx tx, long row, RegistrationEntry entry) throws SQLException {
    for (var selector : entry.selectors()) {
      Rows.exactlyOne(
          tx.sql()
              .update(
                  "DELETE FROM entry_selectors WHERE selector = ? AND entry = ?",
                  selector.toString(),
                  row));
    }
    for (var domain : entry.federatesWith()) {
      Rows.exactlyOne(
          tx.sql()
              .update(
                  "DELETE FROM entry_federation WHERE trust_domain = ? AND entry = ?",
                  domain.name(),
                  row));
    }
  }
}
