package dev.entente.broker.store;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/// Keeps the newest bundle of each trust domain, ours among them.
public interface BundleStore {
  Future<Optional<SpiffeBundle>> find(TrustDomain domain);

  /// Puts `next` in place of our own bundle.
  ///
  /// @param expectedSequence the sequence number the caller built `next` on; 0 for the first
  /// @param next of our own domain, with a higher sequence number
  Future<Written<OwnReplacement>> replaceOwn(long expectedSequence, SpiffeBundle next);

  /// Makes, changes or leaves the bundle of another trust domain.
  ///
  /// @throws IllegalArgumentException if `domain` is our own
  Future<Written<Edition>> edit(TrustDomain domain, Edit edit);

  /// Makes `bundle` the newest of its domain, whatever was there.
  default Future<Written<Edition>> set(SpiffeBundle bundle) {
    return edit(bundle.trustDomain(), _ -> Optional.of(bundle));
  }

  /// Deletes the bundle of another trust domain.
  ///
  /// @throws IllegalArgumentException if `domain` is our own
  Future<Written<Deletion>> delete(TrustDomain domain, DeleteMode mode);

  /// All bundles, our own among them.
  Future<Page<SpiffeBundle>> list(PageRequest page);

  /// How many bundles there are, our own among them.
  Future<Long> count();

  /// What happens to entries that federate with a domain whose bundle goes.
  enum DeleteMode {
    /// As long as there is one, the bundle stays.
    RESTRICT,
    /// They federate with it no longer.
    DISSOCIATE,
    /// They are deleted too.
    DELETE
  }

  /// Makes the next bundle out of the present one; pure, runs inside the transaction.
  @FunctionalInterface
  interface Edit {
    /// The bundle to store, of the same domain, or empty to leave everything as it is.
    Optional<SpiffeBundle> apply(Optional<SpiffeBundle> present);
  }

  /// What became of a new own bundle.
  sealed interface OwnReplacement {
    record Replaced() implements OwnReplacement {}

    /// Somebody else was first.
    record Stale(long sequence) implements OwnReplacement {}
  }

  /// What became of an edit.
  sealed interface Edition {
    record Stored(SpiffeBundle bundle) implements Edition {}

    record Left(Optional<SpiffeBundle> present) implements Edition {}
  }

  /// What became of a deletion.
  sealed interface Deletion {
    /// The bundle is gone.
    ///
    /// @param entryIds entries that were changed or deleted with it
    record Deleted(List<String> entryIds) implements Deletion {}

    /// Entries federate with it, and the mode protects them.
    record Referenced(long entries) implements Deletion {}

    record NotFound() implements Deletion {}
  }
}
