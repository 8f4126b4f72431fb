package dev.entente.agent.svidcache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.IssuedJwt;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// Keeps JWT-SVIDs and fetches what is missing, once for all who wait for the same one.
///
/// A token is replaced from half of its lifetime on; while it is still valid nobody waits long for
/// the new one. An expired one is never answered. Tokens that are to be unique (`jti`) are fetched
/// for each call. All methods run on `context`, which owns the state.
final class JwtSvids {
  /// How long a caller waits for a fresh token when there is one that still holds.
  private static final long REFRESH_PATIENCE_MS = 1_000;

  private final Context context;
  private final IdentitySource source;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Cache<JwtCacheKey, Kept> kept;
  private final Map<JwtCacheKey, Future<IssuedJwt>> fetching = new HashMap<>();

  private Set<String> taintedKeyIds = Set.of();

  JwtSvids(
      Context context,
      IdentitySource source,
      int maximumSize,
      InstantSource clock,
      RandomGenerator random) {
    this.context = context;
    this.source = source;
    this.clock = clock;
    this.random = random;
    // Evicts on this thread, so that the bound holds when the call returns.
    this.kept = Caffeine.newBuilder().maximumSize(maximumSize).executor(Runnable::run).build();
  }

  /// A token for each entry, in their order, with its hint by entry id; fails if one of them could
  /// not be had.
  Future<List<JwtAnswer.Token>> findAll(
      List<AgentEntry> entries, List<String> audience, Map<String, String> hints) {
    var tokens =
        entries.stream()
            .map(entry ->
                find(entry, audience)
                    .map(jwt -> new JwtAnswer.Token(jwt, hints.getOrDefault(entry.id(), ""))))
            .toList();
    return Future.all(tokens).map(_ -> tokens.stream().map(Future::result).toList());
  }

  /// A valid token of the entry's identity for exactly `audience`.
  Future<IssuedJwt> find(AgentEntry entry, List<String> audience) {
    if (entry.jwtSvidIncludeJti()) {
      return fetch(entry, audience);
    }
    var key = JwtCacheKey.of(entry.spiffeId(), audience);
    var known = kept.getIfPresent(key);
    var now = clock.instant();
    if (known == null || !known.isValidAt(now)) {
      return fetchOnce(key, entry, audience);
    }
    if (now.isBefore(known.refreshAt())) {
      return Future.succeededFuture(known.jwt());
    }
    return fetchOnce(key, entry, audience)
        .timeout(REFRESH_PATIENCE_MS, TimeUnit.MILLISECONDS)
        .recover(cause -> stillValid(known, cause));
  }

  /// Drops what a tainted key of `own` signed, at once and from now on.
  void dropTainted(SpiffeBundle own) {
    taintedKeyIds =
        own.jwtAuthorities().stream()
            .filter(JwtAuthority::tainted)
            .map(JwtAuthority::keyId)
            .collect(Collectors.toUnmodifiableSet());
    if (!taintedKeyIds.isEmpty()) {
      kept.asMap().values().removeIf(token -> taintedKeyIds.contains(token.jwt().keyId()));
    }
  }

  int size() {
    kept.cleanUp();
    return Math.toIntExact(kept.estimatedSize());
  }

  private Future<IssuedJwt> stillValid(Kept known, Throwable cause) {
    return known.isValidAt(clock.instant()) && !taintedKeyIds.contains(known.jwt().keyId())
        ? Future.succeededFuture(known.jwt())
        : Future.failedFuture(cause);
  }

  private Future<IssuedJwt> fetchOnce(JwtCacheKey key, AgentEntry entry, List<String> audience) {
    var already = fetching.get(key);
    if (already != null) {
      return already;
    }
    var fetch = fetch(entry, audience).onSuccess(jwt -> keep(key, jwt));
    fetching.put(key, fetch);
    return fetch.onComplete(_ -> fetching.remove(key, fetch));
  }

  private Future<IssuedJwt> fetch(AgentEntry entry, List<String> audience) {
    Promise<IssuedJwt> promise = Promise.promise();
    source
        .issueJwt(entry.id(), audience)
        .onComplete((jwt, cause) -> context.runOnContext(_ -> promise.complete(jwt, cause)));
    return promise.future();
  }

  private void keep(JwtCacheKey key, IssuedJwt jwt) {
    if (!taintedKeyIds.contains(jwt.keyId())) {
      double jitter = 2 * random.nextDouble() - 1;
      var refreshAt = RotationRule.refreshJwtAt(jwt.issuedAt(), jwt.expiresAt(), jitter);
      kept.put(key, new Kept(jwt, refreshAt));
    }
  }

  private record Kept(IssuedJwt jwt, Instant refreshAt) {
    boolean isValidAt(Instant now) {
      return now.isBefore(jwt.expiresAt());
    }
  }
}
