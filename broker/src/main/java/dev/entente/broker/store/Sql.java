package dev.entente.broker.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Runs statements on one connection and keeps the fixed ones prepared.
///
/// SQLite parses a statement for longer than it takes to run a small one, and neither the driver
/// nor a mapping library keeps statements between uses, so this class does. Belongs to one thread.
final class Sql implements AutoCloseable {
  /// Reads one row.
  @FunctionalInterface
  interface Mapper<T> {
    T map(ResultSet row) throws SQLException;
  }

  /// Takes one row of a stream.
  @FunctionalInterface
  interface RowSink {
    void accept(ResultSet row) throws SQLException;
  }

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Sql(Connection connection) {
    this.connection = connection;
  }

  /// Runs a fixed statement that changes rows and says how many.
  int update(String sql, @Nullable Object... values) throws SQLException {
    try {
      var statement = prepare(sql);
      bind(statement, values);
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw discard(sql, e);
    }
  }

  /// Runs a fixed statement whose effect is not counted, such as `COMMIT`.
  void run(String sql) throws SQLException {
    try {
      prepare(sql).execute();
    } catch (SQLException e) {
      throw discard(sql, e);
    }
  }

  /// Runs a fixed query and reads its first row.
  <T> Optional<T> first(String sql, Mapper<T> mapper, @Nullable Object... values)
      throws SQLException {
    try {
      var statement = prepare(sql);
      bind(statement, values);
      try (var rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(mapper.map(rows)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw discard(sql, e);
    }
  }

  /// Runs a fixed query whose one row has one number.
  long number(String sql, @Nullable Object... values) throws SQLException {
    return first(sql, row -> row.getLong(1), values).orElse(0L);
  }

  <T> List<T> list(String sql, Mapper<T> mapper, @Nullable Object... values) throws SQLException {
    List<T> all = new ArrayList<>();
    each(sql, row -> all.add(mapper.map(row)), values);
    return all;
  }

  /// Streams the rows of a fixed query.
  void each(String sql, RowSink sink, @Nullable Object... values) throws SQLException {
    try {
      var statement = prepare(sql);
      bind(statement, values);
      try (var rows = statement.executeQuery()) {
        while (rows.next()) {
          sink.accept(rows);
        }
      }
    } catch (SQLException e) {
      throw discard(sql, e);
    }
  }

  /// Streams the rows of a query that was put together for this one use.
  void eachOnce(String sql, RowSink sink, List<Object> values) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      bind(statement, values.toArray());
      try (var rows = statement.executeQuery()) {
        while (rows.next()) {
          sink.accept(rows);
        }
      }
    }
  }

  /// Runs a statement that was put together for this one use.
  void runOnce(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /// Runs `work` in a read transaction, so that all its queries see one snapshot.
  <T> T snapshot(SqlWork<T> work) throws SQLException {
    run("BEGIN");
    try {
      return work.run(this);
    } finally {
      run("COMMIT");
    }
  }

  @Override
  public void close() throws SQLException {
    for (var statement : prepared.values()) {
      statement.close();
    }
    connection.close();
  }

  static Optional<Long> optionalLong(ResultSet row, int column) throws SQLException {
    var value = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(value);
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    var known = prepared.get(sql);
    if (known != null) {
      return known;
    }
    var statement = connection.prepareStatement(sql);
    prepared.put(sql, statement);
    return statement;
  }

  /// The driver does not get a statement that failed half-way (a full disk) to work again, so the
  /// next use prepares it anew.
  private SQLException discard(String sql, SQLException cause) {
    var failed = prepared.remove(sql);
    if (failed != null) {
      try {
        failed.close();
      } catch (SQLException e) {
        cause.addSuppressed(e);
      }
    }
    return cause;
  }

  private static void bind(PreparedStatement statement, @Nullable Object[] values)
      throws SQLException {
    for (var i = 0; i < values.length; i++) {
      switch (values[i]) {
        case null -> statement.setNull(i + 1, Types.NULL);
        case String text -> statement.setString(i + 1, text);
        case Long number -> statement.setLong(i + 1, number);
        case Integer number -> statement.setInt(i + 1, number);
        case Boolean flag -> statement.setInt(i + 1, flag ? 1 : 0);
        case byte[] bytes -> statement.setBytes(i + 1, bytes);
        default -> throw new IllegalStateException("no column type for " + values[i].getClass());
      }
    }
  }
}
