package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Remembers, for each member, which authority stands in which slot.
///
/// A step replaces a member's slots and, if the bundle changes with them, our own bundle in the
/// same transaction. The epoch is the fencing token: a step built on an older epoch is refused.
public interface AuthorityJournal {
  Future<Journal> load(String member);

  /// Takes one step, all of it or none.
  Future<Written<Outcome>> record(Step step);

  /// Which kind of authority.
  enum Kind {
    X509,
    JWT,
    /// Only while WIT-SVIDs are switched on.
    WIT
  }

  /// The two places a kind has: one signs while the other is prepared or fades out.
  enum Slot {
    A,
    B
  }

  /// How far an authority is.
  enum State {
    /// In the bundle, not signing yet.
    PREPARED,
    /// Signing.
    ACTIVE,
    /// In the bundle, signing no longer.
    OLD
  }

  /// One authority in its slot.
  ///
  /// @param authorityId what administrators call it: lower-case hex key id, or the key id of a key
  ///   for tokens
  /// @param keyIds its keys in the key manager, by name; never the keys
  /// @param chain its certificate and intermediates in DER, own certificate first; empty for keys
  ///   for tokens
  /// @param publishedAt when its public half was in the bundle
  /// @param notAfter when it ends
  /// @param details what else the owner wants to find again; no secrets
  record Row(
      Kind kind,
      Slot slot,
      State state,
      String authorityId,
      List<String> keyIds,
      List<byte[]> chain,
      Instant publishedAt,
      Instant notAfter,
      Map<String, String> details) {
    public Row {
      keyIds = List.copyOf(keyIds);
      chain = List.copyOf(chain);
      details = Map.copyOf(details);
    }
  }

  /// A member's journal.
  ///
  /// @param epoch 0 if the member never wrote one
  record Journal(String member, long epoch, List<Row> rows) {
    public Journal {
      rows = List.copyOf(rows);
    }
  }

  /// One step of one member.
  ///
  /// @param expectedEpoch the epoch the step was built on
  /// @param rows all slots as they are after the step, at most one row for each kind and slot
  /// @param ownBundle our own bundle as it is after the step, if the step changes it
  record Step(
      String member, long expectedEpoch, List<Row> rows, Optional<OwnBundleChange> ownBundle) {
    public Step {
      rows = List.copyOf(rows);
    }
  }

  /// A new own bundle, see [BundleStore#replaceOwn].
  record OwnBundleChange(long expectedSequence, SpiffeBundle next) {}

  /// What became of a step.
  sealed interface Outcome {
    record Recorded(Journal journal) implements Outcome {}

    /// Somebody else took a step for this member: whoever asked must stop signing and load again.
    record Fenced(long epoch) implements Outcome {}

    /// Somebody else changed our own bundle first; build the step again on the newest.
    record StaleBundle(long sequence) implements Outcome {}
  }
}
