package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.SyncState;
import dev.entente.agent.svidcache.WorkloadUpdate.Identity;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// Keeps the SVIDs of this node's workloads, and tells open streams whenever theirs change.
///
/// Any thread may call. All state is owned by one event loop: methods hand their work to it,
/// listeners are called on it and must not block. What [IdentitySource] reports is applied there in
/// order, so a subscriber never sees an older state after a newer one.
///
/// An X509-SVID is ordered when a workload subscribes, or ahead while there is room; ordered again
/// when [RotationRule] says so, when its entry was changed, and when its authority is tainted. The
/// one at hand is served until the next arrives, unless it has expired or names an identity that is
/// no longer granted. Beyond the size limit the least recently needed go; those of open streams
/// never do.
public final class SvidCache {
  /// How often rotation is looked at; short, because lifetimes may be a few seconds in tests and
  /// because a look costs nothing when nothing is due.
  static final long TICK_MS = 250;

  /// A broker that still signs with a tainted authority is asked again this often.
  static final long TAINTED_AGAIN_SECONDS = 5;

  private final Vertx vertx;
  private final Context context;
  private final IdentitySource source;
  private final SvidCacheSettings settings;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final RotationRule rotation;
  private final KeyPool keys;
  private final X509Orders orders;
  private final JwtSvids jwtSvids;

  // All below: owned by `context`.
  private final EntryIndex entries = new EntryIndex();
  private final GroupIndex groups = new GroupIndex();
  private final X509Shelf shelf = new X509Shelf();
  private final Set<SubscriberGroup> dirty = new LinkedHashSet<>();
  private SyncState state;
  private TaintRule taint;
  private boolean running;

  /// Written by `context`, for whoever wants to know without waiting.
  private volatile Counts lastCounts = new Counts(0, 0, 0);

  /// A cache that does nothing until started.
  public SvidCache(
      Vertx vertx,
      IdentitySource source,
      SvidCacheSettings settings,
      InstantSource clock,
      RandomGenerator random) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.source = source;
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.rotation = new RotationRule(settings.availabilityTarget());
    this.keys = new KeyPool(vertx, settings.keyType());
    this.orders =
        new X509Orders(vertx, context, source, keys, random, entries::find, new Arrivals());
    this.jwtSvids = new JwtSvids(context, source, settings.jwtCacheSize(), clock, random);
    this.state = SyncState.unsynced(SpiffeBundle.empty(source.current().ownBundle().trustDomain()));
    this.taint = TaintRule.of(state.ownBundle());
  }

  /// Follows the source from now on; done when its present state is applied.
  public Future<Void> start() {
    return onContext(() -> {
      running = true;
      keys.refill();
      vertx.setPeriodic(TICK_MS, this::tick);
      source.onUpdate(next -> context.runOnContext(_ -> apply(next)));
      apply(source.current());
      return Future.succeededFuture();
    });
  }

  /// Stops ordering. Subscribers are not told: their streams are ended by whoever opened them.
  public Future<Void> stop() {
    return onContext(() -> {
      running = false;
      keys.close();
      return Future.succeededFuture();
    });
  }

  /// Tells `listener` what a workload with `selectors` is to know: now, and after every change.
  public Subscription subscribe(Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
    return subscribe(Recipient.workload(selectors), listener);
  }

  /// Tells `listener` what `recipient` is to know: now, and after every change.
  public Subscription subscribe(Recipient recipient, Consumer<WorkloadUpdate> listener) {
    var subscription = new Subscription(recipient, listener);
    context.runOnContext(_ -> open(subscription));
    return subscription;
  }

  /// Answers JWT-SVIDs for a workload with `selectors`, all of its identities or the one named. The
  /// future fails if any of them could not be had.
  public Future<JwtAnswer> fetchJwt(
      Set<Selector> selectors, List<String> audience, Optional<SpiffeId> only) {
    return fetchJwt(Recipient.workload(selectors), audience, only);
  }

  /// Answers JWT-SVIDs for `recipient`, all of the identities granted to it or the one named; fails
  /// as [#fetchJwt(Set, List, Optional)] does.
  public Future<JwtAnswer> fetchJwt(
      Recipient recipient, List<String> audience, Optional<SpiffeId> only) {
    return onContext(() -> jwt(recipient, audience, only));
  }

  /// What a workload with `selectors` is to know at the moment, without X509-SVIDs being ordered.
  public Future<Standing> standing(Set<Selector> selectors) {
    return onContext(() -> {
      var matching = entries.matching(selectors);
      var identities =
          matching.stream().map(AgentEntry::spiffeId).collect(Collectors.toUnmodifiableSet());
      return Future.succeededFuture(
          new Standing(state.synced(), identities, TrustBundles.of(state, matching)));
    });
  }

  /// How many SVIDs are held.
  public Future<Counts> counts() {
    return onContext(() -> Future.succeededFuture(countNow()));
  }

  /// As [#counts()], at most a quarter of a second old.
  public Counts lastCounts() {
    return lastCounts;
  }

  private Counts countNow() {
    return new Counts(shelf.size(), jwtSvids.size(), groups.size());
  }

  private void tick(long timer) {
    if (!running) {
      vertx.cancelTimer(timer);
      return;
    }
    shelf.takeDue(clock.instant()).forEach(id -> orders.want(id, false));
    lastCounts = countNow();
  }

  // What the source reports.

  private void apply(SyncState next) {
    if (!running || next.revision() < state.revision() || next.equals(state)) {
      return;
    }
    var before = state;
    state = next;
    if (!next.entries().equals(before.entries())) {
      applyEntries(before.entries(), next.entries());
    }
    if (!next.ownBundle().equals(before.ownBundle())) {
      applyOwnBundle(next.ownBundle());
    }
    if (next.synced() != before.synced()
        || !next.ownBundle().equals(before.ownBundle())
        || !next.federated().equals(before.federated())) {
      dirty.addAll(groups.all());
    }
    flush();
    prefetch();
  }

  private void applyEntries(Map<String, AgentEntry> before, Map<String, AgentEntry> after) {
    before.values().stream()
        .filter(entry -> !after.containsKey(entry.id()))
        .forEach(this::removeEntry);
    for (var entry : after.values()) {
      var old = Optional.ofNullable(before.get(entry.id()));
      if (old.filter(entry::equals).isEmpty()) {
        old.ifPresent(known -> dirty.addAll(groups.concernedBy(known)));
        putEntry(entry);
      }
    }
  }

  private void putEntry(AgentEntry entry) {
    entries.put(entry);
    dirty.addAll(groups.concernedBy(entry));
    if (entry.storeSvid()) {
      letGo(entry.id());
      return;
    }
    var held = shelf.find(entry.id());
    if (held.filter(svid -> !svid.namesIdentityOf(entry)).isPresent()) {
      shelf.remove(entry.id());
    }
    if (held.filter(svid -> !svid.isFor(entry)).isPresent() || orders.isOrdered(entry.id())) {
      orders.wantAfresh(entry.id(), shelf.isNeeded(entry.id()));
    }
  }

  private void removeEntry(AgentEntry entry) {
    dirty.addAll(groups.concernedBy(entry));
    entries.remove(entry.id());
    letGo(entry.id());
  }

  private void letGo(String id) {
    orders.forget(id);
    shelf.remove(id);
  }

  private void applyOwnBundle(SpiffeBundle own) {
    jwtSvids.dropTainted(own);
    taint = TaintRule.of(own);
    for (var held : shelf.all()) {
      if (taint.taints(held.chain())) {
        orders.want(held.entryId(), shelf.isNeeded(held.entryId()));
      }
    }
  }

  private void prefetch() {
    int room = settings.x509CacheSize() - shelf.size() - orders.size();
    for (var entry : entries.all()) {
      if (room <= 0) {
        return;
      }
      if (!entry.disableX509SvidPrefetch()
          && shelf.find(entry.id()).isEmpty()
          && !orders.isOrdered(entry.id())) {
        orders.want(entry.id(), false);
        room--;
      }
    }
  }

  // What subscribers are told.

  private void open(Subscription subscription) {
    if (subscription.isClosed()) {
      return;
    }
    var group = groups.find(subscription.recipient).orElseGet(() -> newGroup(subscription));
    var update = compose(group);
    group.add(subscription);
    if (group.wasTold(update)) {
      subscription.accept(update);
    } else {
      group.tell(update);
    }
  }

  private SubscriberGroup newGroup(Subscription subscription) {
    var group = new SubscriberGroup(subscription.recipient, state.ownBundle().trustDomain());
    groups.add(group);
    regroup(group, granted(group.recipient()));
    return group;
  }

  private void close(Subscription subscription) {
    var group = groups.find(subscription.recipient);
    if (group.isPresent() && !group.get().remove(subscription)) {
      regroup(group.get(), List.of());
      groups.remove(group.get());
      dirty.remove(group.get());
      shelf.trimTo(settings.x509CacheSize());
    }
  }

  private void flush() {
    var changed = List.copyOf(dirty);
    dirty.clear();
    for (var group : changed) {
      regroup(group, granted(group.recipient()));
      group.tell(compose(group));
    }
  }

  private void regroup(SubscriberGroup group, List<AgentEntry> matching) {
    var before = ids(group.entries());
    var after = ids(matching);
    after.stream().filter(id -> !before.contains(id)).forEach(shelf::need);
    before.stream().filter(id -> !after.contains(id)).forEach(shelf::release);
    group.setEntries(matching);
  }

  private WorkloadUpdate compose(SubscriberGroup group) {
    if (!state.synced()) {
      return new WorkloadUpdate.NotSynced();
    }
    var bundles = group.recipient().bundles(state, group.entries());
    if (group.entries().isEmpty()) {
      return new WorkloadUpdate.NoIdentity(bundles);
    }
    var now = clock.instant();
    var hints = group.recipient().hints(group.entries());
    List<Identity> identities = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (var entry : group.entries()) {
      shelf
          .find(entry.id())
          .filter(held -> held.isValidAt(now))
          .ifPresentOrElse(
              held -> identities.add(new Identity(held, hints.getOrDefault(entry.id(), ""))),
              () -> missing.add(entry.id()));
    }
    missing.forEach(id -> orders.want(id, true));
    return missing.isEmpty()
        ? new WorkloadUpdate.Ready(bundles, identities)
        : new WorkloadUpdate.Waiting(bundles, missing);
  }

  private List<AgentEntry> granted(Recipient recipient) {
    return recipient.granted(entries, state.ownBundle().trustDomain());
  }

  private Future<JwtAnswer> jwt(
      Recipient recipient, List<String> audience, Optional<SpiffeId> only) {
    if (!state.synced()) {
      return Future.succeededFuture(new JwtAnswer.NotSynced());
    }
    var granted =
        granted(recipient).stream()
            .filter(entry -> only.isEmpty() || only.get().equals(entry.spiffeId()))
            .toList();
    if (granted.isEmpty()) {
      return Future.succeededFuture(new JwtAnswer.NoIdentity());
    }
    return jwtSvids.findAll(granted, audience, recipient.hints(granted)).map(JwtAnswer.Tokens::new);
  }

  private Instant rotateAt(HeldSvid svid) {
    if (taint.taints(svid.chain())) {
      return clock.instant().plusSeconds(TAINTED_AGAIN_SECONDS);
    }
    return rotation.rotateX509At(svid.notBefore(), svid.notAfter(), 2 * random.nextDouble() - 1);
  }

  private <T> Future<T> onContext(Supplier<Future<T>> task) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        _ -> task.get().onComplete((value, cause) -> promise.complete(value, cause)));
    return promise.future();
  }

  private static Set<String> ids(List<AgentEntry> matching) {
    Set<String> ids = new HashSet<>();
    matching.forEach(entry -> ids.add(entry.id()));
    return ids;
  }

  /// How many SVIDs are held, and how many groups of workloads have open streams.
  public record Counts(int x509Svids, int jwtSvids, int groups) {}

  /// A place in the row of those who are told; close it when done.
  public final class Subscription implements Consumer<WorkloadUpdate>, AutoCloseable {
    private final Recipient recipient;
    private final Consumer<WorkloadUpdate> listener;
    private volatile boolean closed;

    private Subscription(Recipient recipient, Consumer<WorkloadUpdate> listener) {
      this.recipient = recipient;
      this.listener = listener;
    }

    @Override
    public void accept(WorkloadUpdate update) {
      if (!closed) {
        listener.accept(update);
      }
    }

    private boolean isClosed() {
      return closed;
    }

    /// The listener hears no more, but for a call that runs at this moment. Any thread may call,
    /// more than once.
    @Override
    public void close() {
      closed = true;
      context.runOnContext(_ -> SvidCache.this.close(this));
    }
  }

  /// Takes in what was signed.
  private final class Arrivals implements X509Orders.Listener {
    @Override
    public void issued(HeldSvid svid) {
      var entry = entries.find(svid.entryId()).orElseThrow();
      if (svid.namesIdentityOf(entry)) {
        shelf.put(svid, rotateAt(svid));
        dirty.addAll(groups.concernedBy(entry));
      }
      if (!svid.isFor(entry)) {
        orders.want(entry.id(), shelf.isNeeded(entry.id()));
      }
    }

    @Override
    public void retry(String entryId) {
      orders.want(entryId, shelf.isNeeded(entryId));
    }

    @Override
    public void batchDone() {
      flush();
      shelf.trimTo(settings.x509CacheSize());
    }
  }
}
