package dev.entente.broker.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.entente.runtime.AddressBlock;
import dev.entente.spiffe.SpiffeId;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Optional;

/// Token buckets in front of the costly calls.
///
/// Calls over mutual TLS are counted by agent, so that a thousand agents behind one load balancer
/// do not share a bucket; attestation, where the caller is nobody yet, by IP address. A caller over
/// its limit is told to come back ([RefusalKind#UNAVAILABLE]); nothing waits.
public final class RateLimits {
  /// Buckets kept per kind. A flood of addresses pushes out old buckets, not the broker's memory: a
  /// bucket is about 200 bytes, so five full maps stay under 100 MiB.
  private static final int BUCKETS_MAX = 100_000;

  /// A bucket nobody touched for this long is full again at every allowed rate.
  private static final Duration IDLE = Duration.ofMinutes(10);

  private static final Duration SECOND = Duration.ofSeconds(1);

  /// Keys one broker below may publish each second; SPIRE's figure. It publishes one a rotation.
  private static final int PUBLICATIONS_PER_SECOND = 500;

  /// Statuses one agent may post each second; SPIRE's figure. It posts one a start. Each is a
  /// write.
  private static final int STATUSES_PER_SECOND = 10;

  private final Settings settings;
  private final TimeMeter meter;
  private final Cache<String, Bucket> attestations = buckets();
  private final Cache<SpiffeId, Bucket> csrs = buckets();
  private final Cache<SpiffeId, Bucket> jwts = buckets();
  private final Cache<SpiffeId, Bucket> publications = buckets();
  private final Cache<SpiffeId, Bucket> statuses = buckets();

  /// @param settings the rates
  /// @param meter the clock the buckets are refilled by
  public RateLimits(Settings settings, TimeMeter meter) {
    this.settings = settings;
    this.meter = meter;
  }

  /// How much is allowed; a rate of 0 switches that limit off.
  ///
  /// @param attestBurst attestations one address may start at once
  /// @param attestPerSecond how many of them come back each second
  /// @param csrsPerSecond CSRs one agent may have signed each second
  /// @param jwtsPerSecond JWT-SVIDs one agent may have signed each second
  public record Settings(
      int attestBurst, int attestPerSecond, int csrsPerSecond, int jwtsPerSecond) {
    /// A node attests once; a fleet behind one address restarts together.
    public static final Settings DEFAULT = new Settings(100, 20, 10_000, 2_000);

    public Settings {
      if (attestBurst < 0 || attestPerSecond < 0 || csrsPerSecond < 0 || jwtsPerSecond < 0) {
        throw new IllegalArgumentException("a rate limit is negative");
      }
    }
  }

  /// Takes one attestation of `address`; a refusal if there is none left.
  public Optional<Refusal> attestation(String address) {
    if (settings.attestPerSecond() == 0) {
      return Optional.empty();
    }
    var bucket =
        attestations.get(
            AddressBlock.of(address),
            _ -> bucket(Math.max(1, settings.attestBurst()), settings.attestPerSecond()));
    return take(bucket, 1, "attestations from this address", settings.attestPerSecond());
  }

  /// Takes `count` CSRs of `agent`, or of a broker below that asks for its authorities; a refusal
  /// if there are not that many left.
  public Optional<Refusal> csrs(SpiffeId agent, int count) {
    return perAgent(csrs, agent, count, "CSRs of this agent", settings.csrsPerSecond());
  }

  /// Takes one JWT-SVID of `agent`; a refusal if there is none left.
  public Optional<Refusal> jwts(SpiffeId agent) {
    return perAgent(jwts, agent, 1, "JWT-SVIDs of this agent", settings.jwtsPerSecond());
  }

  /// Takes one key that a broker below publishes; a refusal if there is none left. As SPIRE's, this
  /// limit has no switch.
  public Optional<Refusal> publications(SpiffeId broker) {
    return perAgent(
        publications, broker, 1, "keys published by this broker", PUBLICATIONS_PER_SECOND);
  }

  /// Takes one status of `agent`; a refusal if there is none left. As SPIRE's, this limit has no
  /// switch.
  public Optional<Refusal> statuses(SpiffeId agent) {
    return perAgent(statuses, agent, 1, "statuses of this agent", STATUSES_PER_SECOND);
  }

  private Optional<Refusal> perAgent(
      Cache<SpiffeId, Bucket> buckets, SpiffeId agent, int count, String what, int perSecond) {
    if (perSecond == 0) {
      return Optional.empty();
    }
    return take(buckets.get(agent, _ -> bucket(perSecond, perSecond)), count, what, perSecond);
  }

  private static Optional<Refusal> take(Bucket bucket, int count, String what, int perSecond) {
    return bucket.tryConsume(count)
        ? Optional.empty()
        : Optional.of(
            Refusal.unavailable("too many " + what + ": the limit is " + perSecond + " a second"));
  }

  private Bucket bucket(int burst, int perSecond) {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(burst).refillGreedy(perSecond, SECOND))
        .withCustomTimePrecision(meter)
        .build();
  }

  private static <K> Cache<K, Bucket> buckets() {
    // Its upkeep is a few steps a call; handing it to another thread costs more.
    return Caffeine.newBuilder()
        .maximumSize(BUCKETS_MAX)
        .expireAfterAccess(IDLE)
        .executor(Runnable::run)
        .build();
  }
}
