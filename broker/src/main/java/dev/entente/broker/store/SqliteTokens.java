package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Join tokens in SQLite.
final class SqliteTokens implements JoinTokenStore {
  private final Writer writer;
  private final Readers readers;

  SqliteTokens(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public Future<Written<Creation>> create(
      String digestHex, Instant expiresAt, Optional<SpiffeId> alias) {
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

  private static Creation create(
      Tx tx, String digestHex, Instant expiresAt, Optional<SpiffeId> alias) throws SQLException {
    var made =
        tx.sql()
            .update(
                "INSERT INTO join_tokens (digest, expires_at, alias) VALUES (?, ?, ?)"
                    + " ON CONFLICT DO NOTHING",
                digestHex,
                expiresAt.getEpochSecond(),
                alias.map(SpiffeId::toString).orElse(null));
    return made == 0 ? new Creation.Exists() : new Creation.Created();
  }
}
