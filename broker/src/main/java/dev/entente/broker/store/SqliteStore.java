package dev.entente.broker.store;

import dev.entente.broker.store.HighWaterWitness.Mark;
import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.runtime.DirectoryLock;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The store on one SQLite file.
final class SqliteStore implements Store {
  static final String FILE_NAME = "entente.db";

  private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

  private final Optional<DirectoryLock> lock;
  private final SqliteFile file;
  private final String epoch;
  private final HighWaterWitness witness;
  private final Writer writer;
  private final Readers readers;
  private final SqliteEntries entries;
  private final SqliteNodes nodes;
  private final SqliteTokens tokens;
  private final SqliteBundles bundles;
  private final SqliteRelationships relationships;
  private final SqliteJournal journal;
  private final SqliteFeed feed;
  private final SqliteSettings settings;
  private final SqlitePruner pruner;

  private SqliteStore(
      StoreOptions options,
      Optional<DirectoryLock> lock,
      SqliteFile file,
      StoreHead head,
      HighWaterWitness witness)
      throws SQLException {
    this.lock = lock;
    this.file = file;
    this.epoch = head.epoch();
    this.witness = witness;
    var own = options.trustDomain();
    var writerSql = file.openWriter();
    this.writer =
        new Writer(
            writerSql,
            options.clock(),
            options.writeQueue(),
            (revision, ownBundleChanged) -> note(writerSql, options, revision, ownBundleChanged));
    this.readers = new Readers(file);
    var ids = new Ids(own);
    var entryRows = new EntryRows(ids);
    var nodeRows = new NodeRows(ids);
    this.entries = new SqliteEntries(writer, readers, entryRows);
    this.nodes = new SqliteNodes(writer, readers, nodeRows, entries, options.clock());
    this.tokens = new SqliteTokens(writer, readers);
    this.bundles = new SqliteBundles(writer, readers, entries, own);
    this.relationships = new SqliteRelationships(writer, readers, bundles);
    this.journal = new SqliteJournal(writer, readers, bundles);
    this.feed = new SqliteFeed(writer, readers, ids, entryRows, nodeRows);
    this.settings = new SqliteSettings(writer, readers);
    this.pruner = new SqlitePruner(writer, ids, entries, nodes);
  }

  /// Opens the store of a data directory and takes the directory for this process.
  static SqliteStore open(StoreOptions options) {
    var lock = take(options.dataDir());
    try {
      return open(options, Optional.of(lock));
    } catch (RuntimeException e) {
      release(Optional.of(lock));
      throw e;
    }
  }

  private static DirectoryLock take(Path dataDir) {
    try {
      DurableFiles.createPrivateDirectory(dataDir);
    } catch (IOException e) {
      throw new StoreRefusedException(
          Code.STORE_UNREADABLE,
          "data directory " + dataDir + " not used: " + e.getMessage(),
          "make it a directory that only the broker's user may enter (mode 0700)",
          e);
    }
    try {
      return DurableFiles.lock(dataDir);
    } catch (IOException e) {
      throw new StoreRefusedException(
          Code.STORE_IN_USE,
          "data directory " + dataDir + " not taken: " + e.getMessage(),
          "stop the other process, or give this one a data directory of its own",
          e);
    }
  }

  /// Opens the store without taking the directory: for tests of two writers on one file.
  static SqliteStore openShared(StoreOptions options) {
    return open(options, Optional.empty());
  }

  /// 1 look what is there, 2 migrate, 3 compare with the witness, 4 start the threads.
  private static SqliteStore open(StoreOptions options, Optional<DirectoryLock> lock) {
    var path = options.dataDir().resolve(FILE_NAME);
    var file = new SqliteFile(path, options.maxPages());
    try {
      var witness = HighWaterWitness.read(options.dataDir());
      var present = Files.exists(path) && Files.size(path) > 0;
      StoreGuard.checkPresence(options.dataDir(), present, witness);
      file.createPrivate();
      DurableFiles.ensurePrivate(path);
      Schema.migrate(file);
      try (var sql = file.openWriter()) {
        StoreHead.createIfMissing(sql, options.trustDomain(), options.clock().instant());
        DurableFiles.syncDirectory(options.dataDir());
        var head = StoreHead.read(sql);
        var sequence = SqliteBundles.sequence(sql, options.trustDomain());
        StoreGuard.check(options.dataDir(), options.trustDomain(), head, sequence, witness);
        var own = SqliteBundles.find(sql, options.trustDomain());
        if (own.isPresent()
            && !own.equals(OwnBundleCopy.read(options.dataDir(), options.trustDomain()))) {
          OwnBundleCopy.write(options.dataDir(), own.get());
        }
        var auditHead = witness.map(Mark::auditHead).orElse("");
        var mark = new Mark(head.epoch(), head.revision(), sequence, auditHead);
        var started =
            new SqliteStore(
                options, lock, file, head, HighWaterWitness.begin(options.dataDir(), mark));
        started.writer.start();
        started.readers.start();
        return started;
      }
    } catch (IOException | SQLException e) {
      throw new StoreRefusedException(
          Code.STORE_UNREADABLE,
          "store " + path + " not opened: " + e.getMessage(),
          "check the file's mode and its disk, or restore a backup",
          e);
    }
  }

  @Override
  public EntryStore entries() {
    return entries;
  }

  @Override
  public NodeStore nodes() {
    return nodes;
  }

  @Override
  public JoinTokenStore joinTokens() {
    return tokens;
  }

  @Override
  public BundleStore bundles() {
    return bundles;
  }

  @Override
  public RelationshipStore relationships() {
    return relationships;
  }

  @Override
  public AuthorityJournal journal() {
    return journal;
  }

  @Override
  public ChangeFeed changes() {
    return feed;
  }

  @Override
  public Settings settings() {
    return settings;
  }

  @Override
  public Pruner pruner() {
    return pruner;
  }

  @Override
  public String epoch() {
    return epoch;
  }

  @Override
  public HighWaterWitness witness() {
    return witness;
  }

  @Override
  public Future<BackupOutcome> backup(Path target) {
    return Backups.backup(file, target);
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
    witness.flush();
    release(lock);
  }

  private void note(Sql sql, StoreOptions options, long revision, boolean ownBundleChanged) {
    try {
      var own =
          ownBundleChanged
              ? SqliteBundles.find(sql, options.trustDomain())
              : Optional.<SpiffeBundle>empty();
      own.ifPresent(bundle -> keepCopy(options.dataDir(), bundle));
      witness.noteCommit(revision, own.map(b -> b.sequence().orElse(0)).orElse(0L));
    } catch (SQLException e) {
      throw Faults.of("reading our own bundle", e);
    }
  }

  /// A copy that stays behind is safe: a restore compares it with the witness.
  private static void keepCopy(Path dataDir, SpiffeBundle bundle) {
    try {
      OwnBundleCopy.write(dataDir, bundle);
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("Copy of the own bundle was not written");
    }
  }

  private static void release(Optional<DirectoryLock> lock) {
    if (lock.isPresent()) {
      try {
        lock.get().close();
      } catch (IOException e) {
        LOG.atWarn().setCause(e).log("Giving the data directory back failed");
      }
    }
  }
}
