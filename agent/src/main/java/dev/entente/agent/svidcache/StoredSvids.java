package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.SyncState;
import dev.entente.agent.node.TaintRule;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the SVIDs of entries with `store_svid` in the stores their selectors name.
///
/// 1. An SVID is ordered when its entry appears, changes or its authority is tainted, and when
///    [RotationRule] says so; no workload gets it.
/// 2. SVID and bundles are put into the store whenever one of them changed. If the entry's
///    selectors changed, what they named before is removed first; if that fails, the new place is
///    written nevertheless.
/// 3. When the entry is gone, so is what was put; unless another entry names the same place, which
///    is then written again.
///
/// What fails is tried again after five seconds. What was put before this process started is not
/// known here, and stays if its entry went meanwhile.
///
/// All state is owned by one event loop; stores are called by a single thread, one call after the
/// other in the order of the decisions.
public final class StoredSvids {
  private static final Logger LOG = LoggerFactory.getLogger(StoredSvids.class);

  /// As often as SPIRE looks what there is to store.
  private static final Duration RETRY = Duration.ofSeconds(5);

  /// A cloud's answer takes a second or two.
  private static final Duration CALL_LIMIT = Duration.ofSeconds(20);

  /// Far more than a node has such entries: what does not fit is tried again like what failed.
  private static final int QUEUE = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final IdentitySource source;
  private final Map<String, SvidStore> stores;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Duration retry;
  private final RotationRule rotation;
  private final KeyPool keys;
  private final SvidOrders<HeldSvid> orders;
  private final BoundedPool worker = new BoundedPool("svid-store", 1, QUEUE);

  // All below: owned by `context`.
  private final Map<String, StoredPlace> places = new TreeMap<>();
  private final SvidShelf<HeldSvid> shelf = new SvidShelf<>();
  private SyncState state;
  private TaintRule taint;
  private boolean running;

  private volatile int lastCount;

  /// Does nothing until started.
  ///
  /// @param stores by the type of the selectors that name them
  public StoredSvids(
      Vertx vertx,
      IdentitySource source,
      Map<String, SvidStore> stores,
      SvidCacheSettings settings,
      InstantSource clock,
      RandomGenerator random) {
    this(vertx, source, stores, settings, clock, random, RETRY);
  }

  StoredSvids(
      Vertx vertx,
      IdentitySource source,
      Map<String, SvidStore> stores,
      SvidCacheSettings settings,
      InstantSource clock,
      RandomGenerator random,
      Duration retry) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.source = source;
    this.stores = Map.copyOf(stores);
    this.clock = clock;
    this.random = random;
    this.retry = retry;
    this.rotation = new RotationRule(settings.availabilityTarget());
    this.keys = new KeyPool(vertx, settings.keyType());
    this.orders =
        new SvidOrders<>(
            vertx, context, new X509Signing(source, keys), random, this::granted, new Arrivals());
    this.state = SyncState.unsynced(SpiffeBundle.empty(source.current().ownBundle().trustDomain()));
    this.taint = TaintRule.of(state.ownBundle());
  }

  /// Follows the source from now on.
  public Future<Void> start() {
    return onContext(() -> {
      running = true;
      vertx.setPeriodic(SvidCache.TICK_MS, this::tick);
      source.onUpdate(next -> context.runOnContext(_ -> apply(next)));
      apply(source.current());
    });
  }

  /// Leaves everything where it is, and touches nothing more.
  public Future<Void> stop() {
    return onContext(() -> {
      running = false;
      orders.stop();
      keys.close();
      worker.close();
    });
  }

  /// How many entries' SVIDs are held for stores.
  public int lastCount() {
    return lastCount;
  }

  private Optional<AgentEntry> granted(String id) {
    return Optional.ofNullable(places.get(id)).flatMap(StoredPlace::granted);
  }

  private void tick(long timer) {
    if (!running) {
      vertx.cancelTimer(timer);
      return;
    }
    shelf.takeDue(clock.instant()).forEach(id -> orders.want(id, false));
    lastCount = shelf.size();
  }

  private void apply(SyncState next) {
    if (!running || !next.synced() || next.revision() < state.revision() || next.equals(state)) {
      return;
    }
    var before = state;
    state = next;
    List.copyOf(places.keySet()).stream()
        .filter(id -> stored(next, id).isEmpty())
        .forEach(this::remove);
    next.entries().values().stream().filter(AgentEntry::storeSvid).forEach(this::put);
    if (!next.ownBundle().equals(before.ownBundle())) {
      taint = TaintRule.of(next.ownBundle());
      shelf.all().stream()
          .filter(held -> taint.taints(held.chain()))
          .forEach(held -> orders.want(held.entryId(), false));
    }
    places.values().forEach(place -> place.noteBundles(next));
    work();
  }

  private static Optional<AgentEntry> stored(SyncState state, String id) {
    return Optional.ofNullable(state.entries().get(id)).filter(AgentEntry::storeSvid);
  }

  private void put(AgentEntry entry) {
    var place = places.computeIfAbsent(entry.id(), _ -> new StoredPlace());
    if (!place.grant(entry)) {
      return;
    }
    var held = shelf.find(entry.id());
    if (held.filter(svid -> !svid.namesIdentityOf(entry)).isPresent()) {
      shelf.remove(entry.id());
    }
    if (held.filter(svid -> svid.isFor(entry)).isEmpty()) {
      orders.wantAfresh(entry.id(), false);
    }
  }

  private void remove(String id) {
    orders.forget(id);
    shelf.remove(id);
    places.computeIfPresent(id, (_, place) -> place.revoke());
    forgetIfDone(id);
  }

  private void forgetIfDone(String id) {
    places.computeIfPresent(id, (_, place) -> place.isDone() ? null : place);
  }

  private void work() {
    for (var id : List.copyOf(places.keySet())) {
      var place = places.get(id);
      if (place != null && place.isIdleWithWork()) {
        work(id, place);
      }
    }
  }

  private void work(String id, StoredPlace place) {
    var granted = place.toPut();
    var held = shelf.find(id).filter(svid -> svid.isValidAt(clock.instant()));
    if (granted.isPresent() && held.isEmpty()) {
      return;
    }
    place.leftovers().stream().filter(it -> isNamedByAnother(id, it)).forEach(place::removed);
    var leftovers = place.leftovers();
    var put = granted.flatMap(entry -> held.map(svid -> svid.toStore(entry, state)));
    int version = place.begin(granted);
    worker
        .run(vertx, () -> call(leftovers, granted, put), CALL_LIMIT)
        .onComplete(done ->
            context.runOnContext(
                _ -> ended(id, place, new Call(leftovers, granted, version), done)));
  }

  /// What a call was for.
  private record Call(List<AgentEntry> leftovers, Optional<AgentEntry> granted, int version) {}

  private boolean isNamedByAnother(String id, AgentEntry entry) {
    boolean named = false;
    for (var other : places.entrySet()) {
      if (!other.getKey().equals(id)
          && other.getValue().granted().filter(it -> isSamePlace(it, entry)).isPresent()) {
        other.getValue().writeAgain();
        named = true;
      }
    }
    return named;
  }

  private static boolean isSamePlace(AgentEntry one, AgentEntry other) {
    return one.selectors().equals(other.selectors());
  }

  /// On the worker's thread; answers which of the leftovers are gone. Those that are not do not
  /// hold up what is new.
  private List<AgentEntry> call(
      List<AgentEntry> leftovers, Optional<AgentEntry> granted, Optional<SvidStore.StoredSvid> put)
      throws Exception {
    List<AgentEntry> removed = new ArrayList<>();
    for (var leftover : leftovers) {
      if (isRemoved(leftover)) {
        removed.add(leftover);
      }
    }
    if (granted.isPresent() && put.isPresent()) {
      store(granted.get()).put(place(granted.get()), put.get());
    }
    return removed;
  }

  private boolean isRemoved(AgentEntry entry) throws InterruptedException {
    try {
      store(entry).delete(place(entry));
      return true;
    } catch (IllegalArgumentException _) {
      // It was never put there.
      return true;
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue(Fields.ENTRY_ID, entry.id())
          .addKeyValue(Fields.ERROR, String.valueOf(e.getMessage()))
          .log("SVID was not removed from where it was stored, which is tried again");
      return false;
    }
  }

  private SvidStore store(AgentEntry entry) {
    var types = entry.selectors().stream().map(Selector::type).distinct().toList();
    var store = types.size() == 1 ? stores.get(types.getFirst()) : null;
    if (store == null) {
      throw new IllegalArgumentException("there is no store " + String.join(", ", types));
    }
    return store;
  }

  private static List<String> place(AgentEntry entry) {
    return entry.selectors().stream().map(Selector::value).sorted().toList();
  }

  private void ended(String id, StoredPlace place, Call call, AsyncResult<List<AgentEntry>> done) {
    boolean hopeless = done.failed() && done.cause() instanceof IllegalArgumentException;
    if (done.failed()) {
      LOG.atWarn()
          .addKeyValue(Fields.ENTRY_ID, id)
          .addKeyValue(Fields.ERROR, String.valueOf(done.cause().getMessage()))
          .log("SVID was not stored");
    }
    if (done.succeeded()) {
      done.result().forEach(place::removed);
    }
    if (hopeless) {
      call.granted().ifPresent(place::removed);
    }
    if (done.succeeded() || hopeless) {
      place.done(call.version());
    }
    if (hopeless || (done.succeeded() && done.result().containsAll(call.leftovers()))) {
      goOn(id, place);
    } else {
      vertx.setTimer(retry.toMillis(), _ -> context.runOnContext(_ -> goOn(id, place)));
    }
  }

  private void goOn(String id, StoredPlace place) {
    place.end();
    forgetIfDone(id);
    if (running) {
      work();
    }
  }

  private Future<Void> onContext(Runnable task) {
    Promise<Void> promise = Promise.promise();
    context.runOnContext(_ -> {
      task.run();
      promise.complete();
    });
    return promise.future();
  }

  /// Takes in what was signed.
  private final class Arrivals implements SvidOrders.Listener<HeldSvid> {
    @Override
    public void issued(HeldSvid svid) {
      var entry = granted(svid.entryId()).orElseThrow();
      if (svid.namesIdentityOf(entry)) {
        var at =
            taint.taints(svid.chain())
                ? clock.instant().plus(TaintRule.ASK_AGAIN)
                : rotation.rotateX509At(
                    svid.notBefore(), svid.notAfter(), 2 * random.nextDouble() - 1);
        shelf.put(svid, at);
        places.computeIfPresent(entry.id(), (_, place) -> place.writeAgain());
      }
      if (!svid.isFor(entry)) {
        orders.want(entry.id(), false);
      }
    }

    @Override
    public void retry(String entryId) {
      orders.want(entryId, false);
    }

    @Override
    public void batchDone() {
      if (running) {
        work();
      }
    }
  }
}
