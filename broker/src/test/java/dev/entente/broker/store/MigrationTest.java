package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.OneTimeUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stores that an earlier version wrote.
class MigrationTest {
  private static final String PARENT = "spiffe://example.org/spire/agent/join_token/secret-1";

  @TempDir private Path dataDir;
  private Path database;

  /// The first schema, with a token that waits, the alias it was given, and the change that says
  /// so.
  @BeforeEach
  void writeTheFirstSchema() throws Exception {
    Files.setPosixFilePermissions(dataDir, PosixFilePermissions.fromString("rwx------"));
    database = dataDir.resolve(SqliteStore.FILE_NAME);
    new SqliteFile(database, 0).createPrivate();
    Flyway.configure()
        .dataSource("jdbc:sqlite:" + database, "", "")
        .locations("classpath:db/migration")
        .target("1")
        .load()
        .migrate();
    sql("INSERT INTO head VALUES (1, 'e', 'example.org', 1, 0, 0)");
    sql(
        "INSERT INTO entries VALUES (1, 'alias', 'spiffe://example.org/web', '"
            + PARENT
            + "', '', x'00', 0, 0, 0, '', '', '', NULL, 0, 0)");
    sql("INSERT INTO entry_selectors VALUES ('spiffe_id:" + PARENT + "', 1)");
    sql("INSERT INTO change_log VALUES (1, 1, 'alias', NULL, '" + PARENT + "', 0)");
    sql("INSERT INTO join_tokens VALUES (1, 'd', 4102444800, 'alias', NULL, NULL, NULL)");
    HighWaterWitness.begin(dataDir, new HighWaterWitness.Mark("e", 1, 0, ""));
  }

  private void sql(String statement) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        var one = connection.createStatement()) {
      one.execute(statement);
    }
  }

  private Store open() {
    return Store.open(new StoreOptions(dataDir, DOMAIN, StoreHarness.newClock()));
  }

  @Test
  void keepsACopyOfWhatItMigrates() {
    open().close();

    assertThat(dataDir.resolve("entente.db.before-v" + Schema.NEWEST)).isRegularFile();
  }

  @Test
  void letsAnAliasWaitForItsToken() {
    try (var store = open()) {
      assertThat(get(store.entries().count(EntryFilter.NONE))).isZero();

      var plain = StoreHarness.attestation(id("/spire/agent/join_token/secret-1"), 1);
      var attestation =
          new NodeAttestation(
              plain.agentId(),
              "join_token",
              List.of(),
              false,
              plain.serial(),
              Optional.of(new OneTimeUse("join_token", "d", true)),
              "key",
              Map.of());
      get(store.nodes().attest(attestation));

      var alias = get(store.entries().list(EntryFilter.NONE, PageRequest.ALL)).items().getFirst();
      assertThat(alias.spiffeId()).isEqualTo(id("/web"));
      assertThat(alias.parentId()).hasToString(PARENT);
      assertThat(alias.selectors()).hasToString("[spiffe_id:" + PARENT + "]");
    }
  }

  @Test
  void sendsEveryReaderToLoadAnew() {
    try (var store = open()) {
      assertThat(get(store.changes().read("e", 0))).isInstanceOf(ChangeFeed.Reading.Reload.class);
      assertThat(get(store.changes().read("e", 1))).isInstanceOf(ChangeFeed.Reading.Delta.class);
    }
  }
}
