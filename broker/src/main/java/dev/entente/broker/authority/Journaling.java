package dev.entente.broker.authority;

import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.AuthorityJournal;
import dev.entente.broker.store.AuthorityJournal.Journal;
import dev.entente.broker.store.AuthorityJournal.Outcome;
import dev.entente.broker.store.AuthorityJournal.OwnBundleChange;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.Step;
import dev.entente.broker.store.StoreException;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/// Takes steps of this member's journal together with the changes of our own bundle they need, each
/// pair in one transaction. Used by the authorities' one thread, which it blocks.
final class Journaling {
  /// Longer than the store's own busy timeout, so that its answer comes first.
  private static final long ANSWER_WITHIN_SECONDS = 15;

  private static final int ATTEMPTS = 8;

  private final AuthorityJournal store;
  private final OwnBundle bundle;
  private final String member;

  private Journal journal;

  Journaling(AuthorityJournal store, OwnBundle bundle, String member) {
    this.store = store;
    this.bundle = bundle;
    this.member = member;
    this.journal = new Journal(member, 0, List.of());
  }

  /// The journal took a step elsewhere under this member's name: what we hold is not ours to use.
  static final class FencedException extends RuntimeException {
    FencedException(String member, long epoch) {
      super(
          "authorities of member \""
              + member
              + "\" were changed elsewhere, journal epoch "
              + epoch
              + ": is a second broker running with this member name?");
    }
  }

  /// Reads journal and bundle.
  void load() {
    await(bundle.load());
    journal = await(store.load(member));
  }

  /// Reads the bundle, which others change too.
  void loadBundle() {
    await(bundle.load());
  }

  /// Whether the journal in the store is still the one we hold.
  boolean isCurrent() {
    return await(store.load(member)).epoch() == journal.epoch();
  }

  List<Row> rows() {
    return journal.rows();
  }

  /// Replaces the rows and edits the bundle, both or neither.
  void record(List<Row> rows, UnaryOperator<SpiffeBundle> edit) {
    for (var attempt = 1; ; attempt++) {
      var draft = bundle.draft(edit);
      var change =
          draft.equals(bundle.current())
              ? Optional.<OwnBundleChange>empty()
              : Optional.of(new OwnBundleChange(bundle.sequence(), draft));
      var written = record(new Step(member, journal.epoch(), rows, change));
      switch (written.outcome()) {
        case Outcome.Recorded(var recorded) -> {
          journal = recorded;
          bundle.wrote(draft, written.revision());
          return;
        }
        case Outcome.Fenced(var epoch) -> throw new FencedException(member, epoch);
        case Outcome.StaleBundle(var sequence) -> {
          if (attempt == ATTEMPTS) {
            throw new IllegalStateException(
                "own bundle not changed: others were first "
                    + ATTEMPTS
                    + " times, last with "
                    + "sequence "
                    + sequence);
          }
          await(bundle.load());
        }
      }
    }
  }

  /// A commit whose fate is unknown is read back; its revision was lost with the reply.
  private Written<Outcome> record(Step step) {
    try {
      return await(store.record(step));
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.UNKNOWN) {
        throw e;
      }
      var found = await(store.load(member));
      var taken =
          found.epoch() != step.expectedEpoch() && Rows.sameStates(found.rows(), step.rows());
      if (!taken) {
        throw e;
      }
      return new Written<>(new Outcome.Recorded(found), 0);
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException fault) {
        throw fault;
      }
      throw new IllegalStateException("an authority step failed", e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "an authority step got no answer within " + ANSWER_WITHIN_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while an authority step waited", e);
    }
  }
}
