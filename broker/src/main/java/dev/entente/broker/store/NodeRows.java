package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/// Reads rows of `nodes`. Any thread may use it.
final class NodeRows {
  /// The columns [#read] expects, in its order.
  static final String COLUMNS =
      "row, agent_id, attestation_type, selectors, serial, not_after, pending_serial,"
          + " pending_not_after, banned, can_reattest, agent_version, attested_at, last_seen,"
          + " claims";

  private final Ids ids;
  private final Interner<Selector> selectors = new Interner<>();

  NodeRows(Ids ids) {
    this.ids = ids;
  }

  static long row(ResultSet row) throws SQLException {
    return row.getLong(1);
  }

  NodeRecord read(ResultSet row) throws SQLException {
    return new NodeRecord(
        ids.read(row.getString(2)),
        row.getString(3),
        SelectorText.read(row.getString(4), selectors::share),
        serial(row, 5),
        Instant.ofEpochSecond(row.getLong(6)),
        serial(row, 7),
        row.getInt(9) != 0,
        row.getInt(10) != 0,
        row.getString(11),
        Instant.ofEpochSecond(row.getLong(12)),
        Sql.optionalLong(row, 13).map(Instant::ofEpochSecond),
        JsonText.readTexts(row.getString(14)));
  }

  private static Optional<AgentSerial> serial(ResultSet row, int column) throws SQLException {
    var number = Optional.ofNullable(row.getString(column)).map(BigInteger::new);
    var notAfter = Instant.ofEpochSecond(row.getLong(column + 1));
    return number.map(known -> new AgentSerial(known, notAfter));
  }
}
