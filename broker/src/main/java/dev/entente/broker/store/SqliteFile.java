package dev.entente.broker.store;

import dev.entente.broker.store.StoreRefusedException.Code;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.sqlite.SQLiteConfig.Pragma;

/// Opens connections to one SQLite file with the settings that durability depends on.
///
/// Each is read back: a build, a file system or an old file may quietly keep another value, and a
/// store that only seems durable is refused.
final class SqliteFile {
  /// Longer than any transaction of ours; only a foreign process (a backup tool) can hold the file.
  private static final int BUSY_TIMEOUT_MILLIS = 5_000;

  /// About 64 MiB for the writer's hot pages; readers lean on the page cache of the system.
  private static final int WRITER_CACHE_KIB = 65_536;

  /// 32 MiB of log between checkpoints: a scattered page that many commits touch is copied back
  /// once.
  private static final int CHECKPOINT_PAGES = 8_192;

  /// A log that a long reading let grow is cut back to this.
  private static final long LOG_KEPT_BYTES = 64L * 1024 * 1024;

  private static final Map<String, String> WANTED =
      Map.of(
          "journal_mode", "wal",
          "synchronous", "2",
          "foreign_keys", "1",
          "busy_timeout", Integer.toString(BUSY_TIMEOUT_MILLIS));

  private final Path path;
  private final long maxPages;

  SqliteFile(Path path, long maxPages) {
    this.path = path;
    this.maxPages = maxPages;
  }

  Path path() {
    return path;
  }

  /// Makes the empty file, readable by its owner only; SQLite gives its side files the same mode.
  void createPrivate() throws IOException {
    try {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException _) {
      // An earlier start was here.
    }
  }

  /// Opens a connection that may write.
  Sql openWriter() throws SQLException {
    var sql = open();
    try {
      sql.runOnce("PRAGMA cache_size = -" + WRITER_CACHE_KIB);
      sql.runOnce("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
      sql.runOnce("PRAGMA journal_size_limit = " + LOG_KEPT_BYTES);
      if (maxPages > 0) {
        sql.runOnce("PRAGMA max_page_count = " + maxPages);
      }
      return sql;
    } catch (SQLException e) {
      sql.close();
      throw e;
    }
  }

  /// Opens a connection that cannot write.
  Sql openReader() throws SQLException {
    var sql = open();
    try {
      sql.runOnce("PRAGMA query_only = 1");
      return sql;
    } catch (SQLException e) {
      sql.close();
      throw e;
    }
  }

  /// Opens a file that is no live store, such as a backup, just to read it.
  Sql openPlain() throws SQLException {
    return new Sql(DriverManager.getConnection(jdbcUrl() + "?open_mode=1", new Properties()));
  }

  String jdbcUrl() {
    return "jdbc:sqlite:" + path.toAbsolutePath();
  }

  private Sql open() throws SQLException {
    var settings = new Properties();
    // Otherwise the driver prepares and runs a query of its own after each insert.
    settings.setProperty(Pragma.JDBC_GET_GENERATED_KEYS.pragmaName, "false");
    var sql = new Sql(DriverManager.getConnection(jdbcUrl(), settings));
    try {
      sql.runOnce("PRAGMA busy_timeout = " + BUSY_TIMEOUT_MILLIS);
      sql.runOnce("PRAGMA journal_mode = WAL");
      sql.runOnce("PRAGMA synchronous = FULL");
      sql.runOnce("PRAGMA foreign_keys = ON");
      // A directory for temporary files may not be there, and is not as private as ours.
      sql.runOnce("PRAGMA temp_store = MEMORY");
      readBack(sql);
      return sql;
    } catch (SQLException | StoreRefusedException e) {
      sql.close();
      throw e;
    }
  }

  private void readBack(Sql sql) throws SQLException {
    for (var wanted : WANTED.entrySet()) {
      var found = sql.first("PRAGMA " + wanted.getKey(), row -> row.getString(1)).orElse("");
      if (!found.equalsIgnoreCase(wanted.getValue())) {
        throw new StoreRefusedException(
            Code.STORE_SETTING_REFUSED,
            "store "
                + path
                + " not opened: asked for "
                + wanted.getKey()
                + " "
                + wanted.getValue()
                + ", got \""
                + found
                + "\"",
            "put the data directory on a local file system that supports shared memory and locks");
      }
    }
  }
}
