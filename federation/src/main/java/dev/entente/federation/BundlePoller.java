package dev.entente.federation;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches the bundle of every relationship again and again.
///
/// Each relationship has its own timer and its own health, and at most one fetch under way, so that
/// a partner that hangs delays nobody else. Every fetch is logged with its outcome (SPIFFE
/// Federation §7.6). Any thread may call.
public final class BundlePoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BundlePoller.class);

  private final Vertx vertx;
  private final BundleStorage storage;
  private final BiFunction<FederationRelationship, BundleStorage, Future<SpiffeBundle>> fetch;
  private final RefreshSchedule schedule;
  private final InstantSource clock;
  private final RandomGenerator random;

  /// Guarded by `this`; the keys are the trust domains being polled.
  private final Map<TrustDomain, Polled> polled = new HashMap<>();

  /// One relationship; its fields are guarded by the poller.
  private static final class Polled {
    private final FederationRelationship relationship;
    private RelationshipHealth health = RelationshipHealth.UNTRIED;
    private long timer = -1;
    private Optional<Future<Void>> underWay = Optional.empty();
    private boolean ended;

    private Polled(FederationRelationship relationship) {
      this.relationship = relationship;
    }
  }

  public BundlePoller(
      Vertx vertx,
      BundleFetcher fetcher,
      BundleStorage storage,
      RefreshSchedule schedule,
      InstantSource clock,
      RandomGenerator random) {
    this(vertx, (r, s) -> fetcher.fetch(r, s.held()), storage, schedule, clock, random);
  }

  BundlePoller(
      Vertx vertx,
      BiFunction<FederationRelationship, BundleStorage, Future<SpiffeBundle>> fetch,
      BundleStorage storage,
      RefreshSchedule schedule,
      InstantSource clock,
      RandomGenerator random) {
    this.vertx = vertx;
    this.fetch = fetch;
    this.storage = storage;
    this.schedule = schedule;
    this.clock = clock;
    this.random = random;
  }

  /// Makes `wanted` the relationships that are polled. New and changed ones are fetched at once;
  /// one that is gone is never asked again (SPIFFE Federation §6.3).
  public synchronized void replaceAll(Collection<FederationRelationship> wanted) {
    var names = new HashSet<TrustDomain>();
    for (var relationship : wanted) {
      names.add(relationship.trustDomain());
      var before = polled.get(relationship.trustDomain());
      if (before == null || !before.relationship.equals(relationship)) {
        end(before);
        var now = new Polled(relationship);
        polled.put(relationship.trustDomain(), now);
        var _ = poll(now);
      }
    }
    polled
        .entrySet()
        .removeIf(entry -> {
          boolean gone = !names.contains(entry.getKey());
          if (gone) {
            end(entry.getValue());
          }
          return gone;
        });
  }

  /// Fetches one bundle now and stores it before the future succeeds; joins a fetch under way.
  /// Empty if there is no such relationship.
  public synchronized Optional<Future<Void>> refresh(TrustDomain trustDomain) {
    return Optional.ofNullable(polled.get(trustDomain)).map(this::poll);
  }

  /// The health of every relationship, by name.
  public synchronized Map<TrustDomain, RelationshipHealth> health() {
    var all = new TreeMap<TrustDomain, RelationshipHealth>();
    polled.forEach((name, one) -> all.put(name, one.health));
    return all;
  }

  @Override
  public synchronized void close() {
    polled.values().forEach(this::end);
    polled.clear();
  }

  private void end(@Nullable Polled one) {
    if (one != null) {
      one.ended = true;
      vertx.cancelTimer(one.timer);
    }
  }

  private synchronized Future<Void> poll(Polled one) {
    if (one.underWay.isPresent()) {
      return one.underWay.get();
    }
    vertx.cancelTimer(one.timer);
    var result =
        fetch
            .apply(one.relationship, storage)
            .compose(bundle -> review(one, bundle))
            .onComplete(done -> finished(one, done.cause()));
    if (!result.isComplete()) {
      one.underWay = Optional.of(result);
    }
    return result;
  }

  private Future<Void> review(Polled one, SpiffeBundle fetched) {
    synchronized (this) {
      if (one.ended) {
        return Future.failedFuture(
            new BundleFetchException("federation/ended", "the relationship ended meanwhile"));
      }
    }
    var held = storage.held().find(fetched.trustDomain());
    return switch (BundleReview.of(fetched, held, storage.own())) {
      case BundleReview.Replace(var bundle) -> {
        LOG.atInfo()
            .addKeyValue("trust_domain", bundle.trustDomain())
            .addKeyValue("url", one.relationship.endpointUrl())
            .addKeyValue("sequence", bundle.sequence())
            .log("Fetched a changed bundle");
        warnIfOrderIsLost(one, held, bundle);
        yield storage.store(bundle);
      }
      case BundleReview.Keep() -> {
        LOG.atInfo()
            .addKeyValue("trust_domain", fetched.trustDomain())
            .addKeyValue("url", one.relationship.endpointUrl())
            .addKeyValue("sequence", fetched.sequence())
            .log("Fetched an unchanged bundle");
        yield Future.succeededFuture();
      }
      case BundleReview.Refuse(var code, var detail) ->
          Future.failedFuture(new BundleFetchException(code, "bundle refused: " + detail));
    };
  }

  /// The standard lets the newest retrieval count then (SPIFFE Federation §4.2), and so an old
  /// copy.
  private static void warnIfOrderIsLost(
      Polled one, Optional<SpiffeBundle> held, SpiffeBundle fetched) {
    var was = held.map(SpiffeBundle::sequence).orElse(OptionalLong.empty());
    if (was.isPresent() && fetched.sequence().isEmpty()) {
      LOG.atWarn()
          .addKeyValue("trust_domain", fetched.trustDomain())
          .addKeyValue("url", one.relationship.endpointUrl())
          .addKeyValue("sequence", was.getAsLong())
          .log("Bundle has no sequence any more, an older one would not be noticed");
    }
  }

  private synchronized void finished(Polled one, @Nullable Throwable failure) {
    one.underWay = Optional.empty();
    if (one.ended) {
      return;
    }
    var now = clock.instant();
    if (failure == null) {
      one.health = one.health.succeeded(now);
    } else {
      var problem =
          failure instanceof BundleFetchException e
              ? e.code() + ": " + e.getMessage()
              : failure.toString();
      one.health = one.health.failed(now, problem);
      LOG.atWarn()
          .addKeyValue("trust_domain", one.relationship.trustDomain())
          .addKeyValue("url", one.relationship.endpointUrl())
          .addKeyValue("failures_in_a_row", one.health.failuresInARow())
          .addKeyValue("problem", problem)
          .log("Did not fetch a bundle");
    }
    var wait = schedule.next(storage.held().find(one.relationship.trustDomain()), random);
    one.timer = vertx.setTimer(atLeastOneMilli(wait), _ -> poll(one));
  }

  private static long atLeastOneMilli(Duration wait) {
    return Math.max(1, wait.toMillis());
  }
}
