package dev.entente.broker.store;

import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.runtime.CrashPoints;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/// Consumes evidence that counts once, inside the transaction of its effect.
final class OneTimeEvidence {
  private OneTimeEvidence() {}

  /// What the store knows about a piece of evidence, before it is used.
  sealed interface Standing {
    /// It may be used now.
    record Usable() implements Standing {}

    /// The same agent shows it again, early enough.
    record Repeat() implements Standing {}

    record Spent() implements Standing {}

    record Expired(Instant at) implements Standing {}

    record Unknown() implements Standing {}
  }

  /// Looks, and changes nothing.
  ///
  /// @param now in seconds
  static Standing look(Sql sql, long now, OneTimeUse use, NodeAttestation by) throws SQLException {
    return use.mustExist() ? lookAtToken(sql, now, use, by) : lookAtForeign(sql, now, use, by);
  }

  /// Uses up what was [Standing.Usable] in the same transaction.
  static void consume(Tx tx, OneTimeUse use, NodeAttestation by) throws SQLException {
    CrashPoints.at("token-use/before-write");
    Rows.exactlyOne(use.mustExist() ? useToken(tx, use, by) : useForeign(tx, use, by));
    CrashPoints.at("token-use/after-write");
  }

  private static int useToken(Tx tx, OneTimeUse use, NodeAttestation by) throws SQLException {
    return tx.sql()
        .update(
            "UPDATE join_tokens SET used_at = ?, used_key = ?, used_by = ?"
                + " WHERE digest = ? AND used_at IS NULL",
            tx.seconds(),
            by.keyDigest(),
            by.agentId().toString(),
            use.digestHex());
  }

  private static int useForeign(Tx tx, OneTimeUse use, NodeAttestation by) throws SQLException {
    return tx.sql()
        .update(
            "INSERT INTO spent_evidence (kind, digest, used_at, used_key, used_by)"
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            use.kind(),
            use.digestHex(),
            tx.seconds(),
            by.keyDigest(),
            by.agentId().toString());
  }

  private static Standing lookAtToken(Sql sql, long now, OneTimeUse use, NodeAttestation by)
      throws SQLException {
    Optional<Standing> known =
        sql.first(
            "SELECT used_at, used_key, used_by, expires_at FROM join_tokens WHERE digest = ?",
            row -> {
              var usedAt = Sql.optionalLong(row, 1);
              if (usedAt.isPresent()) {
                return used(now, row, by);
              }
              var expiresAt = row.getLong(4);
              return expiresAt <= now
                  ? new Standing.Expired(Instant.ofEpochSecond(expiresAt))
                  : new Standing.Usable();
            },
            use.digestHex());
    return known.orElse(new Standing.Unknown());
  }

  private static Standing lookAtForeign(Sql sql, long now, OneTimeUse use, NodeAttestation by)
      throws SQLException {
    Optional<Standing> known =
        sql.first(
            "SELECT used_at, used_key, used_by FROM spent_evidence"
                + " WHERE kind = ? AND digest = ?",
            row -> used(now, row, by),
            use.kind(),
            use.digestHex());
    return known.orElse(new Standing.Usable());
  }

  /// Same key, same node, and not too late: the first answer was lost on its way.
  private static Standing used(long now, ResultSet row, NodeAttestation by) throws SQLException {
    var age = now - row.getLong(1);
    var same =
        by.keyDigest().equals(row.getString(2)) && by.agentId().toString().equals(row.getString(3));
    return same && age <= NodeStore.REPEAT_WINDOW.toSeconds()
        ? new Standing.Repeat()
        : new Standing.Spent();
  }
}
