package dev.entente.broker.store;

import dev.entente.broker.store.HighWaterWitness.Mark;
import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;

/// What an operator does, with the broker stopped, when the store is not the one that was there.
///
/// Either way the store gets a new epoch, so that every view is loaded anew, and a sequence number
/// of our own bundle above all that was ever seen, so that nobody takes an older bundle for newer.
/// The bundle's contents are the newest that are known: the file beside the store has what a backup
/// cannot have.
public final class StoreRecovery {
  /// What is there now.
  ///
  /// @param bundleIsNewest whether the bundle has every authority that was ever published, as far
  ///   as can be known; otherwise SVIDs may be alive whose authority it lacks
  /// @param replaced where the store that was there before lies now
  public record Report(
      String epoch,
      long revision,
      long bundleSequence,
      boolean bundleIsNewest,
      Optional<Path> replaced) {}

  private final Path dataDir;
  private final TrustDomain trustDomain;
  private final InstantSource clock;

  /// Works on a data directory that no broker uses.
  public StoreRecovery(Path dataDir, TrustDomain trustDomain, InstantSource clock) {
    this.dataDir = dataDir;
    this.trustDomain = trustDomain;
    this.clock = clock;
  }

  /// Accepts what lies in the data directory, even nothing: then the next start makes a new store,
  /// and new authorities with it.
  ///
  /// @throws StoreRefusedException if a broker runs there, or the file is no store of ours
  public Report accept() {
    return locked(() -> renew(Optional.empty()));
  }

  /// Puts a backup in the place of the store; the store that was there is kept beside it.
  ///
  /// @throws StoreRefusedException if a broker runs there, or the file is no store of ours
  public Report restore(Path backup) {
    return locked(() -> {
      requireOurs(backup);
      var arriving = dataDir.resolve(SqliteStore.FILE_NAME + ".restoring");
      Files.copy(backup, arriving, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(
          arriving, PosixFilePermissions.fromString(DurableFiles.PRIVATE));
      Backups.sync(arriving);
      var replaced = putAside();
      Files.move(arriving, store(), StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.syncDirectory(dataDir);
      return renew(replaced);
    });
  }

  private Path store() {
    return dataDir.resolve(SqliteStore.FILE_NAME);
  }

  private Report renew(Optional<Path> replaced) throws IOException, SQLException {
    var seen = witness();
    var floor = seen.map(Mark::bundleSequence).orElse(0L);
    var auditHead = seen.map(Mark::auditHead).orElse("");
    if (!Files.exists(store()) || Files.size(store()) == 0) {
      DurableFiles.delete(dataDir.resolve(HighWaterWitness.FILE_NAME));
      DurableFiles.delete(dataDir.resolve(OwnBundleCopy.FILE_NAME));
      return new Report("", 0, 0, false, replaced);
    }
    requireOurs(store());
    var file = new SqliteFile(store(), 0);
    Schema.migrate(file);
    try (var sql = file.openWriter()) {
      sql.run("BEGIN IMMEDIATE");
      var epoch = StoreHead.newEpoch();
      sql.update("UPDATE head SET epoch = ?", epoch);
      var found = newestBundle(sql);
      var next = found.map(bundle -> renumbered(bundle, floor));
      if (next.isPresent()) {
        put(sql, next.get());
      }
      sql.run("COMMIT");
      var head = StoreHead.read(sql);
      if (next.isPresent()) {
        OwnBundleCopy.write(dataDir, next.get());
      }
      var sequence = next.map(StoreRecovery::sequenceOf).orElse(0L);
      HighWaterWitness.begin(dataDir, new Mark(epoch, head.revision(), sequence, auditHead));
      var newest = seen.isPresent() && found.map(StoreRecovery::sequenceOf).orElse(0L) >= floor;
      return new Report(epoch, head.revision(), sequence, newest, replaced);
    }
  }

  private Optional<Mark> witness() {
    try {
      return HighWaterWitness.read(dataDir);
    } catch (StoreRefusedException _) {
      return Optional.empty();
    }
  }

  /// The store's own, or the copy beside it if that one is newer.
  private Optional<SpiffeBundle> newestBundle(Sql sql) throws SQLException {
    var stored = SqliteBundles.find(sql, trustDomain);
    var copy = OwnBundleCopy.read(dataDir, trustDomain);
    var copyIsNewer =
        copy.isPresent()
            && sequenceOf(copy.get()) > stored.map(StoreRecovery::sequenceOf).orElse(0L);
    return copyIsNewer ? copy : stored;
  }

  private static SpiffeBundle renumbered(SpiffeBundle bundle, long floor) {
    return bundle.withSequence(Math.max(sequenceOf(bundle), floor) + 1);
  }

  private static long sequenceOf(SpiffeBundle bundle) {
    return bundle.sequence().orElse(0);
  }

  private void put(Sql sql, SpiffeBundle bundle) throws SQLException {
    sql.update(
        "INSERT INTO bundles (trust_domain, sequence, document, updated_at) VALUES (?, ?, ?, ?)"
            + " ON CONFLICT (trust_domain) DO UPDATE SET sequence = excluded.sequence,"
            + " document = excluded.document, updated_at = excluded.updated_at",
        trustDomain.name(),
        sequenceOf(bundle),
        BundleCodec.write(bundle),
        clock.instant().getEpochSecond());
  }

  /// The old file is kept, with the log SQLite may have left beside it.
  private Optional<Path> putAside() throws IOException {
    if (!Files.exists(store())) {
      return Optional.empty();
    }
    var aside =
        dataDir.resolve(SqliteStore.FILE_NAME + ".replaced-" + clock.instant().getEpochSecond());
    for (var side : new String[] {"-wal", "-shm", ""}) {
      var from = dataDir.resolve(SqliteStore.FILE_NAME + side);
      if (Files.exists(from)) {
        Files.move(from, dataDir.resolve(aside.getFileName() + side));
      }
    }
    return Optional.of(aside);
  }

  private void requireOurs(Path candidate) throws SQLException {
    StoreHead head;
    try (var sql = new SqliteFile(candidate, 0).openPlain()) {
      var verdict = sql.first("PRAGMA quick_check", row -> row.getString(1)).orElse("no answer");
      if (!verdict.equals("ok")) {
        throw unreadable(candidate, verdict);
      }
      head = StoreHead.read(sql);
    } catch (SQLException | IllegalStateException e) {
      throw unreadable(candidate, String.valueOf(e.getMessage()));
    }
    if (!head.trustDomain().equals(trustDomain.name())) {
      throw new StoreRefusedException(
          Code.STORE_OTHER_TRUST_DOMAIN,
          candidate + " not taken: it belongs to \"" + head.trustDomain() + "\"",
          "name a file of trust domain \"" + trustDomain + "\"");
    }
  }

  private static StoreRefusedException unreadable(Path candidate, String why) {
    return new StoreRefusedException(
        Code.STORE_UNREADABLE,
        candidate + " not taken: it is not an intact store (" + why + ")",
        "name a file that \"entente backup\" wrote");
  }

  @FunctionalInterface
  private interface Step {
    Report run() throws IOException, SQLException;
  }

  private Report locked(Step step) {
    try {
      DurableFiles.createPrivateDirectory(dataDir);
    } catch (IOException e) {
      throw refused(Code.STORE_UNREADABLE, e);
    }
    try (var _ = DurableFiles.lock(dataDir)) {
      return run(step);
    } catch (IOException e) {
      throw refused(Code.STORE_IN_USE, e);
    }
  }

  private Report run(Step step) {
    try {
      return step.run();
    } catch (IOException | SQLException e) {
      throw refused(Code.STORE_UNREADABLE, e);
    }
  }

  private StoreRefusedException refused(Code code, Exception cause) {
    return new StoreRefusedException(
        code,
        "store in " + dataDir + " not changed: " + cause.getMessage(),
        "stop the broker, check the directory's mode, and try again",
        cause);
  }
}
