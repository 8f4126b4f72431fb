package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.BrokerFault;
import dev.entente.runtime.Fields;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has SVIDs of one kind signed in batches.
///
/// There are two queues with one batch in flight each, so that a workload that waits never stands
/// behind the renewals of a thousand others. A batch that fails as a whole is tried again after a
/// growing pause, in halves, so that one order the broker chokes on is found. An order refused by
/// itself waits by itself. A broker that does not offer SVIDs of this kind, if it may go without
/// them, is asked less and less often, for either queue.
///
/// All methods run on `context`, which owns the state.
final class SvidOrders<S extends Held> {
  private static final Logger LOG = LoggerFactory.getLogger(SvidOrders.class);

  /// What a broker takes in one call.
  private static final int MAX_BATCH = 500;

  private static final long FIRST_PAUSE_MS = 1_000;
  private static final long LONGEST_PAUSE_MS = 30_000;

  /// Only an operator ends this refusal, by switching the kind on: his agents find out this late.
  private static final long LONGEST_UNOFFERED_PAUSE_MS = 300_000;

  private static final int MAX_DOUBLINGS = 20;
  private static final double PAUSE_JITTER = 0.1;

  private final Vertx vertx;
  private final Context context;
  private final Signing<S> signing;
  private final RandomGenerator random;
  private final Function<String, Optional<AgentEntry>> entries;
  private final Listener<S> listener;
  private final long firstPauseMs;

  private final Lane urgent = new Lane();
  private final Lane background = new Lane();
  private final Set<String> inFlight = new HashSet<>();
  private final Set<String> again = new HashSet<>();
  private final Map<String, Integer> refusals = new HashMap<>();
  private final Map<String, Long> pausing = new HashMap<>();
  private boolean isStopped;

  /// How often in a row the broker said that it does not offer this kind.
  private int unoffered;

  private boolean isUnofferedPause;

  /// @param entries finds an entry as it stands now
  SvidOrders(
      Vertx vertx,
      Context context,
      Signing<S> signing,
      RandomGenerator random,
      Function<String, Optional<AgentEntry>> entries,
      Listener<S> listener) {
    this(vertx, context, signing, random, entries, listener, FIRST_PAUSE_MS);
  }

  SvidOrders(
      Vertx vertx,
      Context context,
      Signing<S> signing,
      RandomGenerator random,
      Function<String, Optional<AgentEntry>> entries,
      Listener<S> listener,
      long firstPauseMs) {
    this.vertx = vertx;
    this.context = context;
    this.signing = signing;
    this.random = random;
    this.entries = entries;
    this.listener = listener;
    this.firstPauseMs = firstPauseMs;
  }

  /// Orders an SVID for an entry.
  ///
  /// @param isUrgent whether an open stream waits for it
  void want(String entryId, boolean isUrgent) {
    if (inFlight.contains(entryId) || pausing.containsKey(entryId)) {
      return;
    }
    if (isUrgent) {
      background.queue.remove(entryId);
      urgent.queue.add(entryId);
      pumpSoon(urgent);
    } else if (!urgent.queue.contains(entryId)) {
      background.queue.add(entryId);
      pumpSoon(background);
    }
  }

  /// Orders an SVID although one may be on its way, because what is on its way is already outdated.
  void wantAfresh(String entryId, boolean isUrgent) {
    if (inFlight.contains(entryId)) {
      again.add(entryId);
    } else {
      want(entryId, isUrgent);
    }
  }

  /// Drops what was ordered for an entry that is gone; what is in flight is thrown away on arrival.
  void forget(String entryId) {
    urgent.queue.remove(entryId);
    background.queue.remove(entryId);
    again.remove(entryId);
    refusals.remove(entryId);
    var timer = pausing.remove(entryId);
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
  }

  /// Orders nothing more.
  void stop() {
    isStopped = true;
    pausing.values().forEach(vertx::cancelTimer);
  }

  boolean isOrdered(String entryId) {
    return inFlight.contains(entryId)
        || pausing.containsKey(entryId)
        || urgent.queue.contains(entryId)
        || background.queue.contains(entryId);
  }

  int size() {
    return inFlight.size() + pausing.size() + urgent.queue.size() + background.queue.size();
  }

  /// After this turn of the event loop, so that what is ordered in one turn goes in one batch.
  private void pumpSoon(Lane lane) {
    if (!lane.scheduled) {
      lane.scheduled = true;
      context.runOnContext(_ -> {
        lane.scheduled = false;
        pump(lane);
      });
    }
  }

  private void pump(Lane lane) {
    if (isStopped || isUnofferedPause || lane.busy || lane.paused || lane.queue.isEmpty()) {
      return;
    }
    var batch = lane.take(entries);
    if (batch.isEmpty()) {
      return;
    }
    batch.forEach(entry -> inFlight.add(entry.id()));
    lane.busy = true;
    here(signing.sign(batch))
        .map(answers -> delivered(batch, answers))
        .onComplete(done -> {
          lane.busy = false;
          batch.forEach(entry -> inFlight.remove(entry.id()));
          if (done.succeeded()) {
            lane.succeeded();
            offered();
          } else {
            failed(lane, batch, done.cause());
          }
          settleAgain(batch, lane);
          pump(lane);
          listener.batchDone();
        });
  }

  /// Hands on what was signed, and answers how many orders that settles.
  private int delivered(List<AgentEntry> batch, List<Signing.Answer<S>> answers) {
    Signing.requireOneEach(batch.size(), answers.size());
    for (int i = 0; i < batch.size(); i++) {
      deliver(batch.get(i).id(), answers.get(i));
    }
    return batch.size();
  }

  private void deliver(String id, Signing.Answer<S> answer) {
    inFlight.remove(id);
    switch (answer) {
      case Signing.Issued<S>(var svid) -> {
        refusals.remove(id);
        if (entries.apply(id).isPresent()) {
          listener.issued(svid);
        }
      }
      case Signing.Refused<S>(var kind, var reason) -> {
        if (kind == BrokerFault.Kind.NOT_FOUND) {
          LOG.atInfo().addKeyValue("entry", id).log("Entry was not known to the broker");
        }
        refused(id, reason);
      }
    }
  }

  /// Sets one order aside for a while; the others go on.
  private void refused(String id, String reason) {
    if (entries.apply(id).isEmpty()) {
      return;
    }
    int count = refusals.merge(id, 1, Integer::sum);
    LOG.atWarn().addKeyValue("entry", id).addKeyValue("reason", reason).log("SVID was not signed");
    long timer =
        vertx.setTimer(
            pauseMs(count, LONGEST_PAUSE_MS),
            _ ->
                context.runOnContext(_ -> {
                  pausing.remove(id);
                  listener.retry(id);
                }));
    pausing.put(id, timer);
  }

  private void failed(Lane lane, List<AgentEntry> batch, Throwable cause) {
    for (var entry : batch) {
      if (entries.apply(entry.id()).isPresent() && !pausing.containsKey(entry.id())) {
        lane.queue.add(entry.id());
      }
    }
    if (signing.isOptional()
        && cause instanceof BrokerFault fault
        && fault.kind() == BrokerFault.Kind.UNIMPLEMENTED) {
      notOffered(fault);
      return;
    }
    lane.failed(isSizeToBlame(cause) ? Math.max(1, batch.size() / 2) : batch.size());
    LOG.atWarn().addKeyValue("orders", batch.size()).setCause(cause).log("SVIDs were not signed");
    lane.paused = true;
    after(
        pauseMs(lane.failures, LONGEST_PAUSE_MS),
        () -> {
          lane.paused = false;
          pump(lane);
        });
  }

  /// Leaves the broker alone for a while, and says so the first time.
  private void notOffered(BrokerFault fault) {
    if (isUnofferedPause) {
      return;
    }
    unoffered++;
    if (unoffered == 1) {
      LOG.atWarn()
          .addKeyValue(Fields.REASON, fault.getMessage())
          .log("Broker did not offer SVIDs of this kind, and is asked again ever more rarely");
    }
    isUnofferedPause = true;
    after(
        pauseMs(unoffered, LONGEST_UNOFFERED_PAUSE_MS),
        () -> {
          isUnofferedPause = false;
          pump(urgent);
          pump(background);
        });
  }

  private void offered() {
    if (unoffered > 0) {
      unoffered = 0;
      LOG.info("Broker offered SVIDs that it had not offered before");
    }
  }

  private void after(long pauseMs, Runnable next) {
    vertx.setTimer(pauseMs, _ -> context.runOnContext(_ -> next.run()));
  }

  /// A broker out of reach, or one that does not know the method, chokes on nothing in the batch.
  private static boolean isSizeToBlame(Throwable cause) {
    return !(cause instanceof BrokerFault fault
        && (fault.kind() == BrokerFault.Kind.UNAVAILABLE
            || fault.kind() == BrokerFault.Kind.UNIMPLEMENTED));
  }

  private void settleAgain(List<AgentEntry> batch, Lane lane) {
    for (var entry : batch) {
      if (again.remove(entry.id())) {
        want(entry.id(), lane == urgent);
      }
    }
  }

  private long pauseMs(int failures, long longestMs) {
    long pause = firstPauseMs << Math.min(failures - 1, MAX_DOUBLINGS);
    double jitter = 1 + PAUSE_JITTER * (2 * random.nextDouble() - 1);
    return (long) (Math.min(pause, longestMs) * jitter);
  }

  private <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> promise = Promise.promise();
    elsewhere.onComplete(
        (value, cause) -> context.runOnContext(_ -> promise.complete(value, cause)));
    return promise.future();
  }

  /// Hears how orders end, on the owner's context.
  interface Listener<S extends Held> {
    void issued(S svid);

    /// The pause after a refusal is over; whoever still wants the SVID orders it again.
    void retry(String entryId);

    /// A batch has ended, well or not.
    void batchDone();
  }

  /// One queue and its batch in flight.
  private static final class Lane {
    private final Set<String> queue = new LinkedHashSet<>();
    private boolean scheduled;
    private boolean busy;
    private boolean paused;
    private int failures;
    private int batchSize = MAX_BATCH;

    List<AgentEntry> take(Function<String, Optional<AgentEntry>> entries) {
      List<AgentEntry> batch = new ArrayList<>();
      var waiting = queue.iterator();
      while (batch.size() < batchSize && waiting.hasNext()) {
        entries.apply(waiting.next()).ifPresent(batch::add);
        waiting.remove();
      }
      return batch;
    }

    void succeeded() {
      failures = 0;
      batchSize = Math.min(MAX_BATCH, batchSize * 2);
    }

    void failed(int nextBatchSize) {
      failures++;
      batchSize = nextBatchSize;
    }
  }
}
