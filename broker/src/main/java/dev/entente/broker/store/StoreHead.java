package dev.entente.broker.store;

import dev.entente.broker.store.ChangeFeed.Position;
import dev.entente.spiffe.TrustDomain;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/// Which history a store file holds, and how far it has come.
///
/// @param lowWater the newest revision that was compacted away
record StoreHead(String epoch, String trustDomain, long revision, long lowWater) {
  static StoreHead read(Sql sql) throws SQLException {
    return sql.first(
            "SELECT epoch, trust_domain, revision, low_water FROM head",
            row ->
                new StoreHead(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4)))
        .orElseThrow(() -> new IllegalStateException("the store has no head row"));
  }

  /// Starts a history in an empty file; does nothing in any other.
  static void createIfMissing(Sql sql, TrustDomain trustDomain, Instant now) throws SQLException {
    sql.update(
        "INSERT INTO head (one, epoch, trust_domain, revision, low_water, created_at)"
            + " VALUES (1, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING",
        newEpoch(),
        trustDomain.name(),
        now.getEpochSecond());
  }

  static String newEpoch() {
    return UUID.randomUUID().toString();
  }

  Position position() {
    return new Position(epoch, revision);
  }

  /// Whether nothing was ever written.
  boolean isVirgin() {
    return revision == 0;
  }
}
