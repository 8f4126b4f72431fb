package dev.entente.broker.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/// Reads the named values of a store from outside its broker, running or not: for tools that check
/// what a broker did.
public final class StoredSettings {
  private StoredSettings() {}

  /// All values whose names start with `prefix`, by name; fails with [StoreException] if the file
  /// cannot be read. Blocks.
  public static Map<String, byte[]> startingWith(Path dataDir, String prefix) {
    var file = dataDir.resolve(SqliteStore.FILE_NAME);
    if (!Files.isReadable(file)) {
      throw new StoreException(StoreException.Kind.IO, "no readable store " + file);
    }
    var found = new TreeMap<String, byte[]>();
    try (var sql = new SqliteFile(file, 0).openPlain()) {
      sql.each(
          "SELECT name, value FROM settings WHERE substr(name, 1, length(?)) = ?",
          row -> found.put(row.getString(1), row.getBytes(2)),
          prefix,
          prefix);
      return found;
    } catch (SQLException e) {
      throw Faults.of("reading the settings of " + file, e);
    }
  }
}
