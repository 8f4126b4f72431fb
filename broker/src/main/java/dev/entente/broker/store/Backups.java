package dev.entente.broker.store;

import dev.entente.broker.store.StoreException.Kind;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Copies a store while it is in use.
final class Backups {
  private Backups() {}

  /// Writes a copy on a thread of its own, so that neither writes nor reads wait for it.
  static Future<BackupOutcome> backup(SqliteFile file, Path target) {
    var reply = new Reply<BackupOutcome>();
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

  /// 1 the target is fit, 2 claim the name with a private file, 3 let SQLite copy into it, 4 sync,
  /// 5 read back.
  private static BackupOutcome copy(SqliteFile file, Path target) throws IOException, SQLException {
    var unfit = unfit(file, target);
    if (unfit.isPresent()) {
      return new BackupOutcome.TargetUnfit(unfit.get());
    }
    try {
      Files.createFile(
          target,
          PosixFilePermissions.asFileAttribute(
              PosixFilePermissions.fromString(DurableFiles.PRIVATE)));
    } catch (FileAlreadyExistsException _) {
      return new BackupOutcome.TargetExists(target);
    }
    try {
      Schema.copyInto(file, target);
      sync(target);
      return new BackupOutcome.Done(describe(target));
    } catch (IOException | SQLException | RuntimeException e) {
      Files.deleteIfExists(target);
      throw e;
    }
  }

  /// A copy in the data directory is lost with it, and could take the name of a file that the
  /// broker is about to write.
  private static Optional<String> unfit(SqliteFile file, Path target) throws IOException {
    var directory = target.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      return Optional.of("\"" + directory + "\" is not a directory");
    }
    var dataDir = file.path().toAbsolutePath().resolveSibling(".").toRealPath();
    return directory.toRealPath().startsWith(dataDir)
        ? Optional.of("\"" + target + "\" lies in the data directory, where it is lost with it")
        : Optional.empty();
  }

  static void sync(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    DurableFiles.syncDirectory(file.toAbsolutePath().resolveSibling("."));
  }

  /// Opens a copy, which also shows that it can be opened.
  private static BackupReport describe(Path copy) throws IOException, SQLException {
    StoreHead head;
    long bundleSequence;
    var keyIds = new TreeSet<String>();
    try (var sql = new SqliteFile(copy, 0).openPlain()) {
      head = StoreHead.read(sql);
      bundleSequence = SqliteBundles.sequence(sql, TrustDomain.parse(head.trustDomain()));
      sql.each(
          "SELECT document FROM journal_rows",
          row -> keyIds.addAll(JournalCodec.keyIds(row.getString(1))));
    }
    return new BackupReport(
        copy,
        Files.size(copy),
        sha256(copy),
        head.epoch(),
        head.revision(),
        bundleSequence,
        List.copyOf(keyIds));
  }

  private static String sha256(Path file) throws IOException {
    try (var in = new DigestInputStream(Files.newInputStream(file), Digests.newSha256())) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    }
  }
}
