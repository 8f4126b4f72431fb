package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registration.Relationship;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Lets a reader follow everything that changes, in commit order and without gaps.
public interface ChangeFeed {
  /// Most changes in one [Reading.Delta]; bounds what a reader that fell behind holds at once.
  int DELTA_MAX_ROWS = 10_000;

  /// Reads what happened after `revision`, and how the changed things stand, in one snapshot.
  Future<Reading> read(String epoch, long revision);

  /// Does the same, and sums up everything in the same snapshot. Slow: it reads the whole store.
  Future<Checked> readChecked(String epoch, long revision);

  /// Streams everything into `sink` from one snapshot. The sink is called on a store thread.
  Future<Position> load(Sink sink);

  /// Calls `listener` after each commit, on the writer's thread: it must be quick. A notice may be
  /// lost with the process, so a reader also looks by itself from time to time.
  void onCommit(Consumer<Notice> listener);

  /// A place in the change log.
  record Position(String epoch, long revision) {}

  /// A reading with the [Checksum] of all that the snapshot holds.
  record Checked(Reading reading, long checksum) {}

  /// Says that the store has moved.
  ///
  /// @param revision the newest revision
  /// @param touched nodes that were written without a change in the log
  record Notice(long revision, Set<SpiffeId> touched) {}

  /// Answers [ChangeFeed#read].
  sealed interface Reading {
    /// What happened since.
    ///
    /// @param position where the snapshot stands; the next read goes on from here
    /// @param complete false if [ChangeFeed#DELTA_MAX_ROWS] cut it short
    record Delta(Position position, List<Event> events, boolean complete) implements Reading {}

    /// The log does not reach back that far, or the epoch is another one: load everything.
    record Reload(Position position) implements Reading {}
  }

  /// One thing that changed, as it stands in the snapshot; empty if it is gone.
  sealed interface Event {
    /// An entry changed.
    ///
    /// @param oldParents parents the entry had before the changes in this delta
    record EntryEvent(String id, Set<SpiffeId> oldParents, Optional<RegistrationEntry> now)
        implements Event {}

    record NodeEvent(SpiffeId agentId, Optional<NodeRecord> now) implements Event {}

    record BundleEvent(TrustDomain domain, Optional<SpiffeBundle> now) implements Event {}

    record RelationshipEvent(TrustDomain domain, Optional<Relationship> now) implements Event {}
  }

  /// Takes what [ChangeFeed#load] reads.
  interface Sink {
    void entry(RegistrationEntry entry);

    void node(NodeRecord node);

    void bundle(SpiffeBundle bundle);

    void relationship(Relationship relationship);
  }
}
