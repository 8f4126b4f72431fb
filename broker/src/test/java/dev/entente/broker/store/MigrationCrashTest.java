package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.CrashPoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Ends a process at each step of bringing a store to a later schema, and does it again: the store
/// is a later one with everything in it, and the copy kept is the whole earlier one.
class MigrationCrashTest {
  /// Later than any version there will be.
  private static final int LATER = 1000;

  private static final String[] MIGRATIONS = {"classpath:db/migration", "classpath:db/later"};

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "migration/before-copy",
        "migration/copied",
        "migration/after-copy",
        "migration/before",
        "migration/after"
      })
  void leavesNothingHalfDone(String point) throws Exception {
    var dataDir = temp.resolve("data");
    try (var harness = new StoreHarness(dataDir)) {
      get(harness.store().entries().create(List.of(entry("/first", AGENT, "unix:uid:1"))));
    }

    assertThat(HaltedProcess.run(MigrationCrashTest.class, point, dataDir))
        .isEqualTo(CrashPoints.EXIT_CODE);
    migrate(dataDir);

    var store = dataDir.resolve(SqliteStore.FILE_NAME);
    assertThat(numbers(store, "SELECT count(*) FROM entries")).isOne();
    assertThat(numbers(store, "SELECT count(*) FROM later")).isOne();
    assertThat(numbers(store, "PRAGMA user_version")).isEqualTo(LATER);
    var copy = dataDir.resolve(SqliteStore.FILE_NAME + ".before-v" + LATER);
    assertThat(numbers(copy, "SELECT count(*) FROM entries")).isOne();
    assertThat(numbers(copy, "PRAGMA user_version")).isEqualTo(Schema.NEWEST);
    try (var files = Files.list(dataDir)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".tmp"));
    }
  }

  private static long numbers(Path file, String query) throws SQLException {
    try (var sql = new SqliteFile(file, 0).openPlain()) {
      return sql.number(query);
    }
  }

  private static void migrate(Path dataDir) throws SQLException {
    var file = new SqliteFile(dataDir.resolve(SqliteStore.FILE_NAME), 0);
    Schema.migrate(file, LATER, MIGRATIONS);
  }

  /// The child.
  public static void main(String[] args) throws SQLException {
    migrate(Path.of(args[0]));
  }
}
