package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.SyncState;
import dev.entente.agent.node.TaintRule;
import dev.entente.agent.svidcache.WorkloadUpdate.Identity;
import dev.entente.agent.svidcache.WorkloadUpdate.WitIdentity;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// Keeps the SVIDs of this node's workloads, and tells open streams whenever theirs change.
///
/// Any thread may call. All state is owned by one event loop: methods hand their work to it,
/// listeners are called on it and must not block. What [IdentitySource] reports is applied there in
/// order, so a subscriber never sees an older state after a newer one.
///
/// An X509-SVID is ordered when a workload subscribes, or ahead while there is room; a WIT-SVID
/// when a workload subscribes to WIT-SVIDs. Each is ordered again when [RotationRule] says so, when
/// its entry was changed, and when its authority is tainted. The one at hand is served until the
/// next arrives, unless it has expired or names an identity that is no longer granted. Beyond the
/// size limit the least recently needed go; those of open streams never do.
public final class SvidCache {
  /// How often rotation is looked at; short, because lifetimes may be a few seconds in tests and
  /// because a look costs nothing when nothing is due.
  static final long TICK_MS = 250;

  private final Vertx vertx;
  private final Context context;
  private final IdentitySource source;
  private final SvidCacheSettings settings;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final KeyPool keys;
  private final SvidSupply<HeldSvid> x509;
  private final SvidSupply<HeldWit> wits;
  private final JwtSvids jwtSvids;

  // All below: owned by `context`.
  private final EntryIndex entries = new EntryIndex();
  private final GroupIndex groups = new GroupIndex();
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
    this.keys = new KeyPool(vertx, settings.keyType());
    this.x509 = supply(new X509Signing(source, keys), svid -> taint.taints(svid.chain()));
    this.wits = supply(new WitSigning(source, keys), svid -> taint.taints(svid.svid()));
    this.jwtSvids = new JwtSvids(context, source, settings.jwtCacheSize(), clock, random);
    this.state = SyncState.unsynced(SpiffeBundle.empty(source.current().ownBundle().trustDomain()));
    this.taint = TaintRule.of(state.ownBundle());
  }

  private <S extends Held> SvidSupply<S> supply(Signing<S> signing, Predicate<S> tainted) {
    return new SvidSupply<>(
        vertx, context, signing, entries, settings, clock, random, tainted, new Arrivals());
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
    return new Counts(x509.size(), jwtSvids.size(), groups.size());
  }

  private void tick(long timer) {
    if (!running) {
      vertx.cancelTimer(timer);
      return;
    }
    x509.orderDue();
    wits.orderDue();
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
    x509.prefetch();
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
    x509.entryPut(entry);
    wits.entryPut(entry);
  }

  private void removeEntry(AgentEntry entry) {
    dirty.addAll(groups.concernedBy(entry));
    entries.remove(entry.id());
    letGo(entry.id());
  }

  private void letGo(String id) {
    x509.letGo(id);
    wits.letGo(id);
  }

  private void applyOwnBundle(SpiffeBundle own) {
    jwtSvids.dropTainted(own);
    taint = TaintRule.of(own);
    x509.replaceTainted();
    wits.replaceTainted();
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
      supplyOf(group.get()).trim();
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
    var supply = supplyOf(group);
    after.stream().filter(id -> !before.contains(id)).forEach(supply::need);
    before.stream().filter(id -> !after.contains(id)).forEach(supply::release);
    group.setEntries(matching);
  }

  private SvidSupply<? extends Held> supplyOf(SubscriberGroup group) {
    return group.recipient().isToldOfWits() ? wits : x509;
  }

  private WorkloadUpdate compose(SubscriberGroup group) {
    if (!state.synced()) {
      return new WorkloadUpdate.NotSynced();
    }
    var bundles = group.recipient().bundles(state, group.entries());
    if (group.entries().isEmpty()) {
      return new WorkloadUpdate.NoIdentity(bundles);
    }
    return group.recipient().isToldOfWits()
        ? compose(group, wits, bundles, WitIdentity::new, WorkloadUpdate.WitReady::new)
        : compose(group, x509, bundles, Identity::new, WorkloadUpdate.Ready::new);
  }

  private <S extends Held, I> WorkloadUpdate compose(
      SubscriberGroup group,
      SvidSupply<S> supply,
      TrustBundles bundles,
      BiFunction<S, String, I> identity,
      BiFunction<TrustBundles, List<I>, WorkloadUpdate> ready) {
    var now = clock.instant();
    var hints = group.recipient().hints(group.entries());
    List<I> identities = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (var entry : group.entries()) {
      supply
          .validAt(entry.id(), now)
          .ifPresentOrElse(
              held -> identities.add(identity.apply(held, hints.getOrDefault(entry.id(), ""))),
              () -> missing.add(entry.id()));
    }
    missing.forEach(id -> supply.want(id, true));
    return missing.isEmpty()
        ? ready.apply(bundles, identities)
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

  /// Tells those concerned of what was signed.
  private final class Arrivals implements SvidSupply.Listener {
    @Override
    public void arrived(AgentEntry entry) {
      dirty.addAll(groups.concernedBy(entry));
    }

    @Override
    public void settled() {
      flush();
    }
  }
}
