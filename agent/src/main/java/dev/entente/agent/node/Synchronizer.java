package dev.entente.agent.node;

import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the agent's picture of its entries and bundles equal to the broker's.
///
/// One sync runs at a time, and everything asked for meanwhile is one more. While changes are
/// pushed a full sync reconciles every 60 to 90 seconds; otherwise it runs each `interval`, and
/// less often while it fails. A sync that failed takes nothing away: the picture stays, and the
/// next one is full. Everything runs on the node's context; what can be read, any thread may read.
final class Synchronizer {
  /// A failing poll slows down to this many intervals, and never beyond [#SLOWEST_POLL].
  private static final int SLOWEST_IN_INTERVALS = 48;

  private static final Duration SLOWEST_POLL = Duration.ofMinutes(8);
  private static final Duration RECONCILE_MIN = Duration.ofSeconds(60);
  private static final Duration RECONCILE_SPREAD = Duration.ofSeconds(30);

  /// Ids in one request for entries: with the longest ids still far below the message limit.
  static final int FETCH_MAX = 500;

  private static final Logger LOG = LoggerFactory.getLogger(Synchronizer.class);

  private final NodeContext context;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final BrokerPool pool;
  private final BundleSync bundles;
  private final Duration interval;
  private final Backoff waits;
  private final Listener listener;
  private final List<Consumer<SyncState>> followers = new CopyOnWriteArrayList<>();

  /// Written on the node's context, read anywhere.
  private volatile SyncState current;

  private final LongAdder succeededSyncs = new LongAdder();
  private final LongAdder failedSyncs = new LongAdder();
  private volatile boolean pushed;
  private volatile Optional<Instant> lastSuccess = Optional.empty();
  private volatile Optional<String> trouble = Optional.empty();

  private SyncWork pending = SyncWork.NONE;
  private boolean running;

  /// Tells a sync that came in after its time that another has taken its place.
  private int round;

  private boolean stopped;
  private NodeContext.@Nullable Timer timer;
  private Promise<Void> nextOutcome = Promise.promise();

  /// Who has to know about syncs beside those who follow the picture.
  interface Listener {
    /// The identity under which a sync starts, handed back with its failure.
    int generation();

    /// A broker answered.
    void answered();

    /// A sync failed.
    void failed(BrokerFault fault, int generation);

    /// Our own bundle changed.
    void adopt(SpiffeBundle bundle);
  }

  Synchronizer(
      NodeContext context,
      InstantSource clock,
      RandomGenerator random,
      BrokerPool pool,
      TrustDomain trustDomain,
      Duration interval,
      Listener listener) {
    this.context = context;
    this.clock = clock;
    this.random = random;
    this.pool = pool;
    this.bundles = new BundleSync(pool, trustDomain);
    this.interval = interval;
    var slowest = interval.multipliedBy(SLOWEST_IN_INTERVALS);
    this.waits =
        new Backoff(
            interval, 1.5, slowest.compareTo(SLOWEST_POLL) < 0 ? slowest : SLOWEST_POLL, random);
    this.listener = listener;
    this.current = SyncState.unsynced(SpiffeBundle.empty(trustDomain));
  }

  /// The newest picture.
  SyncState current() {
    return current;
  }

  /// Tells `follower` of every later picture.
  void onUpdate(Consumer<SyncState> follower) {
    followers.add(follower);
  }

  Optional<Instant> lastSuccess() {
    return lastSuccess;
  }

  Optional<String> trouble() {
    return trouble;
  }

  long succeededSyncs() {
    return succeededSyncs.sum();
  }

  long failedSyncs() {
    return failedSyncs.sum();
  }

  /// Takes the bundle the node trusts before the first sync.
  void begin(SpiffeBundle ownBundle) {
    publish(current.entries(), ownBundle, current.federated(), current.synced());
  }

  /// Asks for `work`; the future follows the sync that does it. After a failure only full work
  /// starts a sync at once, the rest waits for the next round.
  Future<Void> request(SyncWork work) {
    pending = pending.and(work);
    var outcome = nextOutcome.future();
    if (work.full() || trouble.isEmpty()) {
      pump();
    }
    return outcome;
  }

  /// Changes arrive by push from now on, or no longer.
  void pushed(boolean nowPushed) {
    if (pushed != nowPushed) {
      pushed = nowPushed;
      schedule();
    }
    if (pushed && trouble.isPresent()) {
      request(SyncWork.FULL);
    }
  }

  boolean isPushed() {
    return pushed;
  }

  /// Starts no more syncs.
  void stop() {
    stopped = true;
    cancelTimer();
  }

  private void pump() {
    if (running || stopped || pending.isNone()) {
      return;
    }
    running = true;
    cancelTimer();
    var work = pending;
    var outcome = nextOutcome;
    var generation = listener.generation();
    pending = SyncWork.NONE;
    nextOutcome = Promise.promise();
    round++;
    withinLimit(sync(work, round))
        .onComplete(result -> {
          running = false;
          if (result.succeeded()) {
            succeeded();
            outcome.complete();
          } else {
            var fault = BrokerFault.of(result.cause());
            failed(fault, generation);
            outcome.fail(fault);
          }
          schedule();
          if (result.succeeded()) {
            pump();
          }
        });
  }

  private void succeeded() {
    succeededSyncs.increment();
    lastSuccess = Optional.of(clock.instant());
    trouble = Optional.empty();
    waits.reset();
    listener.answered();
  }

  private void failed(BrokerFault fault, int generation) {
    failedSyncs.increment();
    pending = SyncWork.FULL;
    trouble = Optional.of("sync failed: " + fault.getMessage());
    LOG.atWarn().addKeyValue(Fields.ERROR, fault.getMessage()).log("Sync failed");
    listener.failed(fault, generation);
  }

  private void schedule() {
    cancelTimer();
    if (running || stopped) {
      return;
    }
    var wait = trouble.isPresent() ? waits.next() : untilNextRound();
    timer = context.after(wait, () -> request(SyncWork.FULL));
  }

  private Duration untilNextRound() {
    if (!pushed) {
      return Backoff.jittered(interval, random);
    }
    var spread = (long) (RECONCILE_SPREAD.toMillis() * random.nextDouble());
    return RECONCILE_MIN.plusMillis(spread);
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private Future<Void> withinLimit(Future<Void> sync) {
    Promise<Void> promise = Promise.promise();
    var limit = BrokerPool.CALL_LIMIT;
    var overdue =
        context.after(
            limit,
            () ->
                promise.tryFail(
                    new BrokerFault(
                        BrokerFault.Kind.TIMED_OUT, "the sync did not end within " + limit)));
    sync.onComplete(outcome -> {
      overdue.cancel();
      if (outcome.succeeded()) {
        promise.tryComplete();
      } else {
        promise.tryFail(outcome.cause());
      }
    });
    return promise.future();
  }

  private Future<Void> sync(SyncWork work, int ownRound) {
    return entries(work)
        .compose(entries -> {
          var own = readsBundles(work) ? bundles.own() : Future.succeededFuture(ownBundle());
          return own.compose(bundle -> federated(work, ownRound, entries, bundle));
        });
  }

  private Future<Map<String, AgentEntry>> entries(SyncWork work) {
    var known = current.entries();
    if (work.full()) {
      return pool.call("reading the authorised entries", it -> it.syncEntries(known));
    }
    var asked = EntryChanges.toFetch(known, work.changes().values());
    return fetch(asked, 0, new ArrayList<>())
        .map(fetched ->
            EntryChanges.apply(known, work.changes().values(), Set.copyOf(asked), fetched));
  }

  private Future<List<AgentEntry>> fetch(List<String> ids, int from, List<AgentEntry> fetched) {
    if (from >= ids.size()) {
      return Future.succeededFuture(fetched);
    }
    var page = ids.subList(from, Math.min(ids.size(), from + FETCH_MAX));
    return pool.call("reading changed entries", it -> it.fetchEntries(page))
        .compose(entries -> {
          fetched.addAll(entries);
          return fetch(ids, from + FETCH_MAX, fetched);
        });
  }

  private Future<Void> federated(
      SyncWork work, int ownRound, Map<String, AgentEntry> entries, SpiffeBundle own) {
    var known = current.federated();
    var needed = BundleSync.needed(entries.values());
    var asked = new HashSet<>(needed);
    if (!readsBundles(work)) {
      asked.removeAll(known.keySet());
    }
    return bundles
        .federated(asked, known)
        .compose(read -> {
          var next = new HashMap<>(read.bundles());
          needed.stream()
              .filter(domain -> !asked.contains(domain))
              .forEach(domain -> next.put(domain, Objects.requireNonNull(known.get(domain))));
          if (ownRound == round) {
            publish(entries, own, next, true);
          }
          return read.failure()
              .<Future<Void>>map(Future::failedFuture)
              .orElseGet(Future::succeededFuture);
        });
  }

  private static boolean readsBundles(SyncWork work) {
    return work.full() || work.bundles();
  }

  private SpiffeBundle ownBundle() {
    return current.ownBundle();
  }

  private void publish(
      Map<String, AgentEntry> entries,
      SpiffeBundle own,
      Map<TrustDomain, SpiffeBundle> federated,
      boolean synced) {
    var before = current;
    var next = new SyncState(before.revision() + 1, entries, own, federated, synced);
    if (sameButRevision(before, next)) {
      return;
    }
    current = next;
    if (!own.equals(before.ownBundle()) && synced) {
      listener.adopt(own);
    }
    followers.forEach(follower -> follower.accept(next));
  }

  private static boolean sameButRevision(SyncState a, SyncState b) {
    return a.synced() == b.synced()
        && a.ownBundle().equals(b.ownBundle())
        && a.entries().equals(b.entries())
        && a.federated().equals(b.federated());
  }
}
