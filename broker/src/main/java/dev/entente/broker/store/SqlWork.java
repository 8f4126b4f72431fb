package dev.entente.broker.store;

import java.sql.SQLException;

/// Something to do with a connection, on a store thread.
@FunctionalInterface
interface SqlWork<T> {
  T run(Sql sql) throws SQLException;
}
