package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.TaintRule;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// The SVIDs of one kind for the entries of this node: what is held, what is on its way, and when
/// the next is due.
///
/// Everything runs on the context of [SvidCache], which owns it.
///
/// @param <S> the kind
final class SvidSupply<S extends Held> {
  private final EntryIndex entries;
  private final SvidCacheSettings settings;
  private final RotationRule rotation;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Predicate<S> tainted;
  private final Listener listener;
  private final SvidShelf<S> shelf = new SvidShelf<>();
  private final SvidOrders<S> orders;

  /// Hears what has arrived.
  interface Listener {
    /// There is another SVID for an entry.
    void arrived(AgentEntry entry);

    /// Whatever arrived together has arrived.
    void settled();
  }

  /// @param tainted whether a tainted authority signed an SVID
  SvidSupply(
      Vertx vertx,
      Context context,
      Signing<S> signing,
      EntryIndex entries,
      SvidCacheSettings settings,
      InstantSource clock,
      RandomGenerator random,
      Predicate<S> tainted,
      Listener listener) {
    this.entries = entries;
    this.settings = settings;
    this.rotation = new RotationRule(settings.availabilityTarget());
    this.clock = clock;
    this.random = random;
    this.tainted = tainted;
    this.listener = listener;
    this.orders = new SvidOrders<>(vertx, context, signing, random, entries::find, new Arrivals());
  }

  /// What is held for an entry and still valid.
  Optional<S> validAt(String entryId, Instant now) {
    return shelf.find(entryId).filter(svid -> svid.isValidAt(now));
  }

  int size() {
    return shelf.size();
  }

  /// Orders an SVID for an entry.
  ///
  /// @param isUrgent whether an open stream waits for it
  void want(String entryId, boolean isUrgent) {
    orders.want(entryId, isUrgent);
  }

  /// Orders what is due.
  void orderDue() {
    shelf.takeDue(clock.instant()).forEach(id -> orders.want(id, false));
  }

  /// Orders ahead for entries without an SVID, while there is room.
  void prefetch() {
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

  /// An entry is new or has changed: what names another identity goes, what was ordered for another
  /// revision is ordered again.
  void entryPut(AgentEntry entry) {
    var held = shelf.find(entry.id());
    if (held.filter(svid -> !svid.namesIdentityOf(entry)).isPresent()) {
      shelf.remove(entry.id());
    }
    if (held.filter(svid -> !svid.isFor(entry)).isPresent() || orders.isOrdered(entry.id())) {
      orders.wantAfresh(entry.id(), shelf.isNeeded(entry.id()));
    }
  }

  /// An entry is gone, or not for workloads any more.
  void letGo(String entryId) {
    orders.forget(entryId);
    shelf.remove(entryId);
  }

  /// Orders anew what a tainted authority signed.
  void replaceTainted() {
    for (var held : shelf.all()) {
      if (tainted.test(held)) {
        orders.want(held.entryId(), shelf.isNeeded(held.entryId()));
      }
    }
  }

  /// One more group with open streams has this entry.
  void need(String entryId) {
    shelf.need(entryId);
  }

  /// One group fewer has this entry.
  void release(String entryId) {
    shelf.release(entryId);
  }

  /// Lets go of what is too many.
  void trim() {
    shelf.trimTo(settings.x509CacheSize());
  }

  private Instant rotateAt(S svid) {
    if (tainted.test(svid)) {
      return clock.instant().plus(TaintRule.ASK_AGAIN);
    }
    return rotation.rotateX509At(svid.notBefore(), svid.notAfter(), 2 * random.nextDouble() - 1);
  }

  /// Takes in what was signed.
  private final class Arrivals implements SvidOrders.Listener<S> {
    @Override
    public void issued(S svid) {
      var entry = entries.find(svid.entryId()).orElseThrow();
      if (svid.namesIdentityOf(entry)) {
        shelf.put(svid, rotateAt(svid));
        listener.arrived(entry);
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
      listener.settled();
      trim();
    }
  }
}
