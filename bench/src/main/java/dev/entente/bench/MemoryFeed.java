package dev.entente.bench;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.AuthorityJournal;
import dev.entente.broker.store.BackupOutcome;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.ChangeFeed;
import dev.entente.broker.store.EntryStore;
import dev.entente.broker.store.HighWaterWitness;
import dev.entente.broker.store.JoinTokenStore;
import dev.entente.broker.store.NodeStore;
import dev.entente.broker.store.Pruner;
import dev.entente.broker.store.RelationshipStore;
import dev.entente.broker.store.Settings;
import dev.entente.broker.store.Store;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A store that is nothing but a change feed, of which a registry needs no more: some entries, and
/// one change at a time.
final class MemoryFeed implements Store, ChangeFeed {
  private static final String EPOCH = "bench";

  private final Stream<RegistrationEntry> initial;
  private final AtomicReference<Reading.Delta> newest =
      new AtomicReference<>(new Reading.Delta(new Position(EPOCH, 1), List.of(), true));

  /// Set once, before the first commit.
  private volatile Consumer<Notice> listener = _ -> {};

  /// @param initial what the first load gives; read once
  MemoryFeed(Stream<RegistrationEntry> initial) {
    this.initial = initial;
  }

  /// Changes an entry, tells the listener, and says at which revision. One at a time: whoever
  /// commits waits for the reader before the next.
  long commit(RegistrationEntry now) {
    var revision = newest.get().position().revision() + 1;
    var change = new Event.EntryEvent(now.id(), Set.of(now.parentId()), Optional.of(now));
    newest.set(new Reading.Delta(new Position(EPOCH, revision), List.of(change), true));
    listener.accept(new Notice(revision, Set.of()));
    return revision;
  }

  @Override
  public Future<Reading> read(String epoch, long revision) {
    return Future.succeededFuture(newest.get());
  }

  @Override
  public Future<Checked> readChecked(String epoch, long revision) {
    throw notPartOfTheFeed();
  }

  @Override
  public Future<Position> load(Sink sink) {
    initial.forEach(sink::entry);
    return Future.succeededFuture(newest.get().position());
  }

  @Override
  public void onCommit(Consumer<Notice> newListener) {
    listener = newListener;
  }

  @Override
  public ChangeFeed changes() {
    return this;
  }

  @Override
  public String epoch() {
    return EPOCH;
  }

  @Override
  public EntryStore entries() {
    throw notPartOfTheFeed();
  }

  @Override
  public NodeStore nodes() {
    throw notPartOfTheFeed();
  }

  @Override
  public JoinTokenStore joinTokens() {
    throw notPartOfTheFeed();
  }

  @Override
  public BundleStore bundles() {
    throw notPartOfTheFeed();
  }

  @Override
  public RelationshipStore relationships() {
    throw notPartOfTheFeed();
  }

  @Override
  public AuthorityJournal journal() {
    throw notPartOfTheFeed();
  }

  @Override
  public Settings settings() {
    throw notPartOfTheFeed();
  }

  @Override
  public Pruner pruner() {
    throw notPartOfTheFeed();
  }

  @Override
  public HighWaterWitness witness() {
    throw notPartOfTheFeed();
  }

  @Override
  public Future<BackupOutcome> backup(Path target) {
    throw notPartOfTheFeed();
  }

  @Override
  public void close() {}

  private static UnsupportedOperationException notPartOfTheFeed() {
    return new UnsupportedOperationException("this store is a change feed only");
  }
}
