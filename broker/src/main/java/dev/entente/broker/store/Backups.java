package dev.entente.broker.store;

import dev.entente.broker.store.StoreException.Kind;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeSet;

/// Copies a store while it is in use.
final class Backups {
  private Backups() {}

  /// Writes a copy on a thread of its own, so that neither writes nor reads wait for it.
  static Future<BackupReport> backup(SqliteFile file, Path target) {
    var reply = new Reply<BackupReport>();
    Thread.ofPlatform()
        .name("entente-store-backup")
        .daemon()
        .start(() -> {
          try {
            reply.succeed(copy(file, target.toAbsolutePath()));
          } catch (IOException e) {
            reply.fail(
                new StoreException(
                    Kind.IO, "backup to " + target + " failed: " + e.getMessage(), e));
          } catch (SQLException | RuntimeException e) {
            reply.fail(Faults.of("backup to " + target, e));
          }
        });
    return reply.future();
  }

  /// 1 claim the name with a private file, 2 let SQLite copy into it, 3 sync, 4 read back.
  private static BackupReport copy(SqliteFile file, Path target) throws IOException, SQLException {
    Files.createFile(
        target,
        PosixFilePermissions.asFileAttribute(
            PosixFilePermissions.fromString(DurableFiles.PRIVATE)));
    try {
      Schema.copyInto(file, target);
      sync(target);
      return describe(target);
    } catch (IOException | SQLException | RuntimeException e) {
      Files.deleteIfExists(target);
      throw e;
    }
  }

  static void sync(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    DurableFiles.syncDirectory(file.toAbsolutePath().resolveSibling("."));
  }

  /// Opens a copy, which also shows that it can be opened.
  private static BackupReport describe(Path copy) throws IOException, SQLException {
    try (var sql = new SqliteFile(copy, 0).openPlain()) {
      var head = StoreHead.read(sql);
      var keyIds = new TreeSet<String>();
      sql.each(
          "SELECT document FROM journal_rows",
          row -> keyIds.addAll(JournalCodec.keyIds(row.getString(1))));
      var own = TrustDomain.parse(head.trustDomain());
      return new BackupReport(
          copy,
          Files.size(copy),
          head.epoch(),
          head.revision(),
          SqliteBundles.sequence(sql, own),
          List.copyOf(keyIds));
    }
  }
}
