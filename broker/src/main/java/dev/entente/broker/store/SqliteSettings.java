package dev.entente.broker.store;

import io.vertx.core.Future;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Small named values in SQLite.
final class SqliteSettings implements Settings {
  /// Far above a public key or a certificate; keeps a mistake from filling the store.
  private static final int VALUE_MAX_BYTES = 64 * 1024;

  private final Writer writer;
  private final Readers readers;

  SqliteSettings(Writer writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public Future<Optional<byte[]>> find(String name) {
    return readers.read(sql ->
        sql.first("SELECT value FROM settings WHERE name = ?", row -> row.getBytes(1), name));
  }

  @Override
  public Future<Map<String, byte[]>> startingWith(String prefix) {
    return readers.read(sql -> {
      Map<String, byte[]> found = new TreeMap<>();
      sql.each(
          "SELECT name, value FROM settings WHERE substr(name, 1, length(?)) = ?",
          row -> found.put(row.getString(1), row.getBytes(2)),
          prefix,
          prefix);
      return found;
    });
  }

  @Override
  public Future<Written<Boolean>> put(String name, byte[] value) {
    if (value.length > VALUE_MAX_BYTES) {
      throw new IllegalArgumentException(
          "setting " + name + " has " + value.length + " bytes, at most " + VALUE_MAX_BYTES);
    }
    return writer.write(
        Flow.SETTING_WRITE,
        tx -> {
          var present =
              tx.sql()
                  .first("SELECT value FROM settings WHERE name = ?", row -> row.getBytes(1), name);
          tx.sql()
              .update(
                  "INSERT INTO settings (name, value) VALUES (?, ?)"
                      + " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                  name,
                  value);
          return present.filter(old -> Arrays.equals(old, value)).isEmpty();
        });
  }
}
