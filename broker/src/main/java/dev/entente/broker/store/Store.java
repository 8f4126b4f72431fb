package dev.entente.broker.store;

import io.vertx.core.Future;
import java.nio.file.Path;

/// The durable state of a broker.
public interface Store extends AutoCloseable {
  /// Opens the store of a data directory, making it if there has never been one. Blocks while
  /// migrations run.
  ///
  /// @throws StoreRefusedException if going on could lose or fork what the store holds
  static Store open(StoreOptions options) {
    return SqliteStore.open(options);
  }

  EntryStore entries();

  NodeStore nodes();

  JoinTokenStore joinTokens();

  BundleStore bundles();

  RelationshipStore relationships();

  AuthorityJournal journal();

  ChangeFeed changes();

  Settings settings();

  /// Deletes what has expired.
  Pruner pruner();

  /// Names this store's history; new after a restore.
  String epoch();

  /// Remembers how far this data directory has been.
  HighWaterWitness witness();

  /// Writes a consistent copy, mode 0600, while the store goes on.
  ///
  /// @param target a name that is free, in a directory that exists and is not the store's own
  Future<BackupOutcome> backup(Path target);

  /// Finishes what was accepted and closes the file; later calls fail with
  /// [StoreException.Kind#CLOSED]. Blocks for at most the length of the queue.
  @Override
  void close();
}
