package dev.entente.broker.store;

import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.runtime.CrashPoints;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  private static final String MIGRATIONS = "classpath:db/migration";

  /// Migrates, after keeping a copy of a file that holds anything.
  ///
  /// @throws StoreRefusedException if the file was written by a newer version
  static void migrate(SqliteFile file) throws SQLException {
    migrate(file, NEWEST, MIGRATIONS);
  }

  /// As [#migrate(SqliteFile)], for a version that has more migrations.
  static void migrate(SqliteFile file, int newest, String... migrations) throws SQLException {
    var found = version(file);
    if (found > newest) {
      throw new StoreRefusedException(
          Code.STORE_NEWER_SCHEMA,
          "store "
              + file.path()
              + " not opened: its schema is "
              + found
              + ", this version knows up to "
              + newest,
          "run the version of Entente that wrote it, or a newer one");
    }
    if (found == newest) {
      return;
    }
    if (found > 0) {
      keepCopy(file, found, newest);
    }
    CrashPoints.at("migration/before");
    Flyway.configure().dataSource(file.jdbcUrl(), "", "").locations(migrations).load().migrate();
    if (version(file) != newest) {
      throw new IllegalStateException("the newest migration does not set user_version " + newest);
    }
    CrashPoints.at("migration/after");
  }

  static int version(SqliteFile file) throws SQLException {
    try (var sql = file.openWriter()) {
      return (int) sql.number("PRAGMA user_version");
    }
  }

  /// 1. an unfinished copy of an earlier attempt goes, 2. SQLite copies, 3. the copy is durable, 4.
  ///    it gets its name: so a copy of that name is a whole one.
  private static void keepCopy(SqliteFile file, int version, int newest) throws SQLException {
    var copy = file.path().resolveSibling(file.path().getFileName() + ".before-v" + newest);
    if (Files.exists(copy)) {
      return;
    }
    var unfinished = copy.resolveSibling(copy.getFileName() + ".tmp");
    try {
      Files.deleteIfExists(unfinished);
      Files.createFile(
          unfinished,
          PosixFilePermissions.asFileAttribute(
              PosixFilePermissions.fromString(DurableFiles.PRIVATE)));
      CrashPoints.at("migration/before-copy");
      copyInto(file, unfinished);
      Backups.sync(unfinished);
      CrashPoints.at("migration/copied");
      Files.move(unfinished, copy, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.syncDirectory(copy.toAbsolutePath().resolveSibling("."));
      CrashPoints.at("migration/after-copy");
    } catch (IOException e) {
      throw new SQLException("no copy kept before migrating: " + e, e);
    }
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
