package dev.entente.broker.bundle;

import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.BundleStore.OwnReplacement;
import dev.entente.broker.store.StoreException;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bundle of our own trust domain: the newest known to this member, and the way to change it.
///
/// A change is built on the newest bundle, gets the next sequence number, and loses to another
/// member's that was first; then it is built again. So the number rises with every change of the
/// contents and only then (SPIFFE_Trust_Domain_and_Bundle §4.1.1). Any thread may call.
public final class OwnBundle {
  /// Times a change is built again before the caller hears of it; more means a member that writes
  /// without pause.
  private static final int ATTEMPTS = 8;

  private static final Logger LOG = LoggerFactory.getLogger(OwnBundle.class);

  private final TrustDomain trustDomain;
  private final BundleStore store;
  private final Duration refreshHint;
  private final List<Consumer<SpiffeBundle>> listeners = new CopyOnWriteArrayList<>();

  /// Replaced only under this object's lock, by one with a higher sequence number.
  private volatile SpiffeBundle current;

  /// Only rises, under this object's lock.
  private volatile long revision;

  /// An own bundle that knows nothing until [#load()].
  ///
  /// @param refreshHint how often readers should read it again; put into every bundle we store
  public OwnBundle(TrustDomain trustDomain, BundleStore store, Duration refreshHint) {
    this.trustDomain = trustDomain;
    this.store = store;
    this.refreshHint = refreshHint;
    this.current = SpiffeBundle.empty(trustDomain);
  }

  /// Reads the newest bundle from the store.
  public Future<SpiffeBundle> load() {
    return store
        .find(trustDomain)
        .map(found -> {
          found.ifPresent(this::observe);
          return current;
        });
  }

  /// The newest bundle this member knows; empty, with no sequence number, before the first.
  public SpiffeBundle current() {
    return current;
  }

  /// How far the store's change log was right after the newest change that this member wrote: a
  /// view that has passed it shows the change. 0 before the first.
  public long revision() {
    return revision;
  }

  /// Finds the newest bundle this member knows, and no other.
  public BundleSource asSource() {
    return domain -> domain.equals(trustDomain) ? Optional.of(current) : Optional.empty();
  }

  /// How often readers should read our bundle again.
  public Duration refreshHint() {
    return refreshHint;
  }

  /// Takes a bundle that was read elsewhere, if it is newer: the change feed brings those of other
  /// members.
  public void observe(SpiffeBundle bundle) {
    synchronized (this) {
      if (sequenceOf(bundle) <= sequenceOf(current)) {
        return;
      }
      current = bundle;
    }
    listeners.forEach(listener -> tell(listener, bundle));
  }

  /// Takes a bundle that this member wrote itself, together with something else perhaps.
  ///
  /// @param written the store's revision right after the write
  public void wrote(SpiffeBundle bundle, long written) {
    synchronized (this) {
      revision = Math.max(revision, written);
    }
    observe(bundle);
  }

  /// Calls `listener` with every newer bundle, on the thread that brought it.
  public void onChange(Consumer<SpiffeBundle> listener) {
    listeners.add(listener);
  }

  /// What a change would come to at the moment, if it would change nothing: it is refused, or done
  /// already.
  public Optional<BundleOutcome> foresee(UnaryOperator<SpiffeBundle> edit) {
    var present = current;
    try {
      return sequenceOf(draft(edit)) == sequenceOf(present)
          ? Optional.of(new BundleOutcome.Unchanged(present))
          : Optional.empty();
    } catch (BundleRefusedException e) {
      return Optional.of(e.outcome());
    }
  }

  /// Changes the bundle. `edit` is pure, may run more than once, and refuses with
  /// [BundleRefusedException]; the sequence number and the refresh hint are ours.
  public Future<BundleOutcome> change(UnaryOperator<SpiffeBundle> edit) {
    return attempt(edit, ATTEMPTS);
  }

  /// The present bundle after an edit, with the next sequence number if anything changed; for a
  /// caller that writes it together with something else.
  public SpiffeBundle draft(UnaryOperator<SpiffeBundle> edit) {
    var present = current;
    var next = edit.apply(present).withRefreshHint(refreshHint);
    return next.sameContentAs(present) ? present : next.withSequence(sequenceOf(present) + 1);
  }

  /// The sequence number a draft of the present bundle is built on.
  public long sequence() {
    return sequenceOf(current);
  }

  private Future<BundleOutcome> attempt(UnaryOperator<SpiffeBundle> edit, int attempts) {
    var present = current;
    SpiffeBundle next;
    try {
      next = draft(edit);
    } catch (BundleRefusedException e) {
      return Future.succeededFuture(e.outcome());
    }
    if (sequenceOf(next) == sequenceOf(present)) {
      return Future.succeededFuture(new BundleOutcome.Unchanged(present));
    }
    return store
        .replaceOwn(sequenceOf(next) - 1, next)
        .compose(
            written -> afterWrite(written, next, edit, attempts),
            fault -> afterFault(fault, edit, attempts));
  }

  private Future<BundleOutcome> afterWrite(
      Written<OwnReplacement> written,
      SpiffeBundle next,
      UnaryOperator<SpiffeBundle> edit,
      int attempts) {
    return switch (written.outcome()) {
      case OwnReplacement.Replaced() -> {
        wrote(next, written.revision());
        yield Future.succeededFuture(new BundleOutcome.Changed(next));
      }
      case OwnReplacement.Stale(var sequence) ->
          attempts > 1
              ? load().compose(_ -> attempt(edit, attempts - 1))
              : Future.failedFuture(
                  new IllegalStateException(
                      "own bundle not changed: others were first "
                          + ATTEMPTS
                          + " times, last with sequence "
                          + sequence));
    };
  }

  /// A commit whose fate is unknown is read back; the edit then finds its work done, or does it.
  private Future<BundleOutcome> afterFault(
      Throwable fault, UnaryOperator<SpiffeBundle> edit, int attempts) {
    var unknown =
        fault instanceof StoreException store && store.kind() == StoreException.Kind.UNKNOWN;
    return unknown && attempts > 1
        ? load().compose(_ -> attempt(edit, attempts - 1))
        : Future.failedFuture(fault);
  }

  private static long sequenceOf(SpiffeBundle bundle) {
    return bundle.sequence().orElse(0);
  }

  private static void tell(Consumer<SpiffeBundle> listener, SpiffeBundle bundle) {
    try {
      listener.accept(bundle);
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Listener of the own bundle failed");
    }
  }
}
