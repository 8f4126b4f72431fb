package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Join tokens in SQLite.
final class SqliteTokens implements JoinTokenStore {
  private final Writer writer;
  private final Readers readers;
  private final SqliteEntries entries;

  SqliteTokens(Writer writer, Readers readers, SqliteEntries entries) {
    this.writer = writer;
    this.readers = readers;
    this.entries = entries;
  }

  @Override
  public Future<Written<Creation>> create(
      String digestHex, Instant expiresAt, Optional<RegistrationEntry> alias) {
    return writer.write(Flow.TOKEN, tx -> create(tx, digestHex, expiresAt, alias));
  }

  @Override
  public Future<List<Unused>> unused(Instant now) {
    return readers.read(sql ->
        sql.list(
            "SELECT digest, expires_at FROM join_tokens"
                + " WHERE used_at IS NULL AND expires_at > ? ORDER BY row",
            row -> new Unused(row.getString(1), Instant.ofEpochSecond(row.getLong(2))),
            now.getEpochSecond()));
  }

  private Creation create(
      Tx tx, String digestHex, Instant expiresAt, Optional<RegistrationEntry> alias)
      throws SQLException {
    var made =
        tx.sql()
            .update(
                "INSERT INTO join_tokens (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                digestHex,
                expiresAt.getEpochSecond());
    if (made == 0) {
      return new Creation.Exists();
    }
    if (alias.isPresent()) {
      var aliasId =
          switch (entries.create(tx, alias.get())) {
            case EntryStore.Creation.Created created -> created.entry().id();
            case EntryStore.Creation.Similar similar -> similar.existing().id();
            case EntryStore.Creation.IdTaken taken ->
                throw new IllegalStateException("a fresh entry id is taken: " + taken.id());
          };
      Rows.exactlyOne(
          tx.sql()
              .update("UPDATE join_tokens SET alias_id = ? WHERE digest = ?", aliasId, digestHex));
    }
    return new Creation.Created();
  }
}
