package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.Page;
import dev.entente.broker.store.PageRequest;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Journal and own bundle in memory, with the store's contract: both change together, under epoch
/// and sequence. It can be told to fail a step before or after it took effect.
public final class FakeStore implements AuthorityJournal, BundleStore {
  private final Map<String, Journal> journals = new HashMap<>();
  private final Deque<Failure> failures = new ArrayDeque<>();
  private Optional<SpiffeBundle> own = Optional.empty();
  private long revision;

  public enum When {
    BEFORE,
    AFTER
  }

  private record Failure(When when, RuntimeException fault) {}

  public synchronized void failNext(When when, RuntimeException fault) {
    failures.add(new Failure(when, fault));
  }

  public synchronized Optional<SpiffeBundle> ownBundle() {
    return own;
  }

  /// What another member would do.
  public synchronized void replaceElsewhere(SpiffeBundle bundle) {
    own = Optional.of(bundle);
  }

  /// What a second broker under the same member name would do.
  public synchronized void takeEpoch(String member) {
    journals.computeIfPresent(member, (_, j) -> new Journal(member, j.epoch() + 1, j.rows()));
  }

  @Override
  public synchronized Future<Journal> load(String member) {
    return Future.succeededFuture(journals.getOrDefault(member, new Journal(member, 0, List.of())));
  }

  @Override
  public synchronized Future<Written<Outcome>> record(Step step) {
    var failure = Optional.ofNullable(failures.poll());
    if (failure.filter(f -> f.when() == When.BEFORE).isPresent()) {
      return Future.failedFuture(failure.get().fault());
    }
    var outcome = apply(step);
    return failure.isPresent()
        ? Future.failedFuture(failure.get().fault())
        : Future.succeededFuture(new Written<>(outcome, ++revision));
  }

  private Outcome apply(Step step) {
    var present = journals.getOrDefault(step.member(), new Journal(step.member(), 0, List.of()));
    if (present.epoch() != step.expectedEpoch()) {
      return new Outcome.Fenced(present.epoch());
    }
    if (step.ownBundle().isPresent()) {
      var change = step.ownBundle().get();
      if (change.expectedSequence() != sequence()) {
        return new Outcome.StaleBundle(sequence());
      }
      own = Optional.of(change.next());
    }
    var next = new Journal(step.member(), present.epoch() + 1, step.rows());
    journals.put(step.member(), next);
    return new Outcome.Recorded(next);
  }

  private long sequence() {
    return own.map(bundle -> bundle.sequence().orElse(0)).orElse(0L);
  }

  @Override
  public synchronized Future<Optional<SpiffeBundle>> find(TrustDomain domain) {
    return Future.succeededFuture(own);
  }

  @Override
  public synchronized Future<Written<OwnReplacement>> replaceOwn(
      long expectedSequence, SpiffeBundle next) {
    var failure = Optional.ofNullable(failures.poll());
    if (failure.filter(f -> f.when() == When.BEFORE).isPresent()) {
      return Future.failedFuture(failure.get().fault());
    }
    OwnReplacement outcome = new OwnReplacement.Stale(sequence());
    if (expectedSequence == sequence()) {
      own = Optional.of(next);
      outcome = new OwnReplacement.Replaced();
    }
    return failure.isPresent()
        ? Future.failedFuture(failure.get().fault())
        : Future.succeededFuture(new Written<>(outcome, ++revision));
  }

  @Override
  public Future<Written<Edition>> edit(TrustDomain domain, Edit edit) {
    throw new UnsupportedOperationException("not for bundles of others");
  }

  @Override
  public Future<Written<Deletion>> delete(TrustDomain domain, DeleteMode mode) {
    throw new UnsupportedOperationException("not for bundles of others");
  }

  @Override
  public Future<Page<SpiffeBundle>> list(PageRequest page) {
    throw new UnsupportedOperationException("not for bundles of others");
  }

  @Override
  public Future<Long> count() {
    throw new UnsupportedOperationException("not for bundles of others");
  }
}
