package dev.entente.broker.store;

import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a store file to the schema this version knows.
///
/// The number in the file itself says whether anything is due, so a usual start never loads Flyway.
final class Schema {
  /// The newest migration in `db/migration`.
  static final int NEWEST = 2;

  private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

  private Schema() {}

  /// Migrates, after keeping a copy of a file that holds anything.
  ///
  /// @throws StoreRefusedException if the file was written by a newer version
  static void migrate(SqliteFile file) throws SQLException {
    var found = version(file);
    if (found > NEWEST) {
      throw new StoreRefusedException(
          Code.STORE_NEWER_SCHEMA,
          "store "
              + file.path()
              + " not opened: its schema is "
              + found
              + ", this version knows up to "
              + NEWEST,
          "run the version of Entente that wrote it, or a newer one");
    }
    if (found == NEWEST) {
      return;
    }
    if (found > 0) {
      keepCopy(file, found);
    }
    Flyway.configure()
        .dataSource(file.jdbcUrl(), "", "")
        .locations("classpath:db/migration")
        .load()
        .migrate();
    if (version(file) != NEWEST) {
      throw new IllegalStateException("the newest migration does not set user_version " + NEWEST);
    }
  }

  static int version(SqliteFile file) throws SQLException {
    try (var sql = file.openWriter()) {
      return (int) sql.number("PRAGMA user_version");
    }
  }

  private static void keepCopy(SqliteFile file, int version) throws SQLException {
    var copy = file.path().resolveSibling(file.path().getFileName() + ".before-v" + NEWEST);
    if (Files.exists(copy)) {
      return;
    }
    try {
      Files.createFile(
          copy,
          PosixFilePermissions.asFileAttribute(
              PosixFilePermissions.fromString(DurableFiles.PRIVATE)));
    } catch (IOException e) {
      throw new SQLException("no copy kept before migrating: " + e, e);
    }
    copyInto(file, copy);
    LOG.atInfo()
        .addKeyValue(Fields.PATH, copy)
        .addKeyValue("schema", version)
        .log("Kept a copy of the store before migrating it");
  }

  /// Writes a consistent copy; SQLite's own copying also counts what is still in its log.
  static void copyInto(SqliteFile file, Path target) throws SQLException {
    try (var sql = file.openWriter()) {
      sql.runOnce("VACUUM INTO '" + target.toAbsolutePath().toString().replace("'", "''") + "'");
    }
  }
}
