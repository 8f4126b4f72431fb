package dev.entente.systemtests;

import dev.entente.rpc.RpcException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;

/// Another process that works under a broker's member name.
final class JournalThief {
  private JournalThief() {}

  /// Takes the journal one step further.
  static void takeAStep(Path dataDir) {
    var url = "jdbc:sqlite:" + dataDir.resolve("entente.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      if (statement.executeUpdate("UPDATE journal_epochs SET epoch = epoch + 1") != 1) {
        throw new AssertionError("no journal was there");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("journal not changed", e);
    }
  }

  /// Throws if the broker takes the next step all the same.
  static void requireNoStepTaken(BrokerProcess broker) {
    try {
      AuthorityStep.PREPARE.take(broker.admin(), "");
    } catch (RpcException _) {
      return;
    }
    throw new AssertionError("a step was taken on a journal that is another's");
  }
}
