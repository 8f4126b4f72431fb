package dev.entente.broker.registry;

import dev.entente.broker.store.ChangeFeed.Checked;
import dev.entente.broker.store.ChangeFeed.Event;
import dev.entente.broker.store.ChangeFeed.Notice;
import dev.entente.broker.store.ChangeFeed.Position;
import dev.entente.broker.store.ChangeFeed.Reading;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.Store;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the change feed on a thread of its own.
///
/// One reading is under way at a time; whatever asks for another meanwhile gets one right after it.
/// The thread never waits: the store reads on its own threads and answers here.
final class LiveRegistry implements Registry {
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(LiveRegistry.class);

  private final Store store;
  private final RegistryOptions options;
  private final Liveness liveness;
  private final Waiters waiters = new Waiters();
  private final PushHub hub;
  private final List<Consumer<SpiffeBundle>> bundleListeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> relationshipListeners = new CopyOnWriteArrayList<>();
  private final AtomicLong reloads = new AtomicLong();
  private final AtomicLong compared = new AtomicLong();
  private final AtomicLong healed = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("entente-registry").daemon().factory());

  /// Written by the registry's thread only.
  private volatile Snapshot view;

  private volatile int subscribers;

  /// The fields below belong to the registry's thread.
  private final List<Waiters.Answer<Boolean>> startWaiters = new ArrayList<>();

  private final Set<SpiffeId> touched = new HashSet<>();
  private List<Waiters.Answer<ViewState>> freshWaiters = new ArrayList<>();
  private boolean loaded;
  private boolean mustLoad;
  private boolean busy;
  private boolean again;
  private boolean failed;
  private long polledNanos;
  private long checkedNanos;

  LiveRegistry(Store store, RegistryOptions options) {
    this.store = store;
    this.options = options;
    this.liveness = new Liveness(options.maxViewAge(), options.clock(), options.nanoTime());
    this.view = Snapshot.empty(options.trustDomain(), new Position("", 0));
    this.hub = new PushHub(thread, () -> view);
  }

  @Override
  public Future<Void> start() {
    var answer = new Waiters.Answer<Boolean>();
    store.changes().onCommit(this::noticed);
    var _ =
        thread.scheduleAtFixedRate(
            () -> guarded(LOG, this::tick),
            TICK.toMillis(),
            TICK.toMillis(),
            TimeUnit.MILLISECONDS);
    run(() -> {
      startWaiters.add(answer);
      checkedNanos = options.nanoTime().getAsLong();
      look();
    });
    return answer.future().mapEmpty();
  }

  @Override
  public ViewState view() {
    Optional<ViewState> objection = liveness.objection().map(ViewState.Unavailable::new);
    return objection.orElseGet(() -> new ViewState.Ready(view));
  }

  @Override
  public Optional<String> pauseObjection() {
    return liveness.pauseObjection();
  }

  @Override
  public long pauses() {
    return liveness.pauses();
  }

  @Override
  public Future<ViewState> fresh() {
    var answer = new Waiters.Answer<ViewState>();
    var accepted =
        run(() -> {
          freshWaiters.add(answer);
          look();
        });
    if (!accepted) {
      answer.succeed(new ViewState.Unavailable("the registry is closed"));
    }
    return answer.future();
  }

  @Override
  public Future<RegistryView> awaitRevision(long revision) {
    var answer = waiters.add(revision);
    waiters.passed(view);
    return answer;
  }

  @Override
  public Future<Optional<NodeRecord>> confirmNode(SpiffeId agentId) {
    return store
        .nodes()
        .find(agentId)
        .onSuccess(found -> {
          if (!found.equals(view.node(agentId))) {
            run(() -> {
              touched.add(agentId);
              look();
            });
          }
        });
  }

  @Override
  public Subscription subscribe(
      SpiffeId agentId,
      String epoch,
      long sinceRevision,
      Consumer<PushMessage> listener,
      Runnable onReplaced) {
    var context = Optional.ofNullable(Vertx.currentContext());
    var agent = hub.new Agent(agentId, listener, onReplaced, context);
    run(() -> {
      hub.add(agent, epoch, sinceRevision);
      subscribers = hub.size();
    });
    return () ->
        run(() -> {
          hub.remove(agent);
          subscribers = hub.size();
        });
  }

  @Override
  public void onBundleChange(Consumer<SpiffeBundle> listener) {
    bundleListeners.add(listener);
  }

  @Override
  public void onRelationshipChange(Runnable listener) {
    relationshipListeners.add(listener);
  }

  @Override
  public Duration age() {
    return liveness.age();
  }

  @Override
  public RegistryStatistics statistics() {
    return new RegistryStatistics(
        reloads.get(), compared.get(), healed.get(), failures.get(), subscribers);
  }

  @Override
  public void close() {
    run(() ->
        freshWaiters.forEach(
            one -> one.succeed(new ViewState.Unavailable("the registry is closed"))));
    thread.shutdown();
    waiters.closed();
  }

  /// Compares view and store now, whatever the interval; for tests and operators.
  void checkNow() {
    run(() -> checkedNanos = options.nanoTime().getAsLong() - options.checksumInterval().toNanos());
    run(this::tick);
  }

  /// Comes from the writer's thread.
  private void noticed(Notice notice) {
    run(() -> {
      touched.addAll(notice.touched());
      if (notice.revision() > view.revision() || !touched.isEmpty()) {
        look();
      }
    });
  }

  private void tick() {
    var now = options.nanoTime().getAsLong();
    var wasPaused = liveness.tick();
    if (now - checkedNanos >= options.checksumInterval().toNanos() && !busy && loaded) {
      check();
    } else if (wasPaused || failed || now - polledNanos >= options.pollInterval().toNanos()) {
      look();
    }
  }

  private void look() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    polledNanos = options.nanoTime().getAsLong();
    var answering = freshWaiters;
    freshWaiters = new ArrayList<>();
    if (loaded && !mustLoad) {
      read(answering);
    } else {
      load(answering);
    }
  }

  /// 1 what the log says, 2 nodes that changed beside the log, 3 both into the view, in this order:
  /// what is read later may overwrite what was read earlier, never the other way round.
  private void read(List<Waiters.Answer<ViewState>> answering) {
    var start = liveness.startReading();
    store
        .changes()
        .read(view.epoch(), view.revision())
        .onComplete(
            taking(
                answering,
                reading ->
                    nodesTouched()
                        .onComplete(
                            taking(answering, nodes -> take(start, reading, nodes, answering)))));
  }

  private void take(
      long start, Reading reading, List<Event> nodes, List<Waiters.Answer<ViewState>> answering) {
    switch (reading) {
      case Reading.Delta delta -> {
        step(delta.position(), delta.events());
        step(delta.position(), nodes);
        again = again || !delta.complete();
        finished(start, answering);
      }
      case Reading.Reload _ -> load(answering);
    }
  }

  private Future<List<Event>> nodesTouched() {
    var asked = Set.copyOf(touched);
    touched.clear();
    List<Future<Event>> reads = new ArrayList<>();
    for (var agentId : asked) {
      reads.add(store.nodes().find(agentId).map(now -> new Event.NodeEvent(agentId, now)));
    }
    return Future.all(reads)
        .map(all -> all.<Event>list())
        .onFailure(_ -> run(() -> touched.addAll(asked)));
  }

  private void load(List<Waiters.Answer<ViewState>> answering) {
    var start = liveness.startReading();
    var began = System.nanoTime();
    var loader =
        new SnapshotLoader(options.trustDomain(), loaded ? Optional.of(view) : Optional.empty());
    store
        .changes()
        .load(loader)
        .map(loader::finish)
        .onComplete(
            taking(
                answering,
                next -> {
                  replace(next, System.nanoTime() - began);
                  finished(start, answering);
                }));
  }

  /// Brings an answer of the store to the registry's thread. Whatever goes wrong there, the next
  /// look is possible, and it loads everything.
  private <T> Handler<AsyncResult<T>> taking(
      List<Waiters.Answer<ViewState>> answering, Consumer<T> next) {
    return done ->
        run(() -> {
          if (done.failed()) {
            notRead(done.cause(), answering);
            return;
          }
          try {
            next.accept(done.result());
          } catch (RuntimeException e) {
            mustLoad = true;
            notRead(e, answering);
          }
        });
  }

  private void replace(Snapshot next, long nanos) {
    view = next;
    loaded = true;
    mustLoad = false;
    reloads.incrementAndGet();
    LOG.atInfo()
        .addKeyValue(Fields.REVISION, next.revision())
        .addKeyValue(Fields.COUNT, next.entryCount())
        .addKeyValue(Fields.DURATION_MILLIS, nanos / 1_000_000)
        .log("Loaded the registry");
    hub.resyncAll();
    next.bundles().values().forEach(this::tellBundle);
    relationshipListeners.forEach(Runnable::run);
  }

  private void step(Position position, List<Event> events) {
    if (events.isEmpty() && position.equals(view.position())) {
      return;
    }
    var from = view.revision();
    var step = new Stepper(view).apply(position, events);
    view = step.next();
    hub.stepped(from, step);
    step.bundles().forEach(this::tellBundle);
    if (step.relationshipsChanged()) {
      relationshipListeners.forEach(Runnable::run);
    }
  }

  private void finished(long start, List<Waiters.Answer<ViewState>> answering) {
    busy = false;
    failed = false;
    liveness.read(start);
    waiters.passed(view);
    var state = new ViewState.Ready(view);
    answering.forEach(one -> one.succeed(state));
    startWaiters.forEach(one -> one.succeed(true));
    startWaiters.clear();
    if (again || !freshWaiters.isEmpty() || !touched.isEmpty()) {
      look();
    }
  }

  private void notRead(Throwable cause, List<Waiters.Answer<ViewState>> answering) {
    busy = false;
    failed = true;
    failures.incrementAndGet();
    LOG.atWarn().setCause(cause).log("Reading the change feed failed");
    var state = new ViewState.Unavailable("the store cannot be read");
    answering.forEach(one -> one.succeed(state));
  }

  private void check() {
    busy = true;
    again = false;
    checkedNanos = options.nanoTime().getAsLong();
    var start = liveness.startReading();
    var answering = freshWaiters;
    freshWaiters = new ArrayList<>();
    store
        .changes()
        .readChecked(view.epoch(), view.revision())
        .onComplete(taking(answering, checked -> compare(start, checked, answering)));
  }

  private void compare(long start, Checked checked, List<Waiters.Answer<ViewState>> answering) {
    if (!(checked.reading() instanceof Reading.Delta delta)) {
      load(answering);
      return;
    }
    step(delta.position(), delta.events());
    compared.incrementAndGet();
    if (delta.complete() && view.checksum() != checked.checksum()) {
      healed.incrementAndGet();
      LOG.atWarn()
          .addKeyValue(Fields.REVISION, view.revision())
          .log("The registry differed from the store and was loaded anew");
      load(answering);
      return;
    }
    again = again || !delta.complete();
    finished(start, answering);
  }

  private void tellBundle(SpiffeBundle bundle) {
    bundleListeners.forEach(listener -> listener.accept(bundle));
  }

  /// Queues work for the registry's thread; says whether it was taken.
  private boolean run(Runnable work) {
    try {
      thread.execute(() -> guarded(LOG, work));
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  /// A bug in one step must not end the thread that keeps everything current.
  static void guarded(Logger log, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("The registry met a bug");
    }
  }
}
