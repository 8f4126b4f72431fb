package dev.entente.attestor.spi;

import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.io.IOException;
import java.net.URI;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/// The keys with which a platform signs its tokens, fetched when needed and kept for a while.
///
/// A key this set does not know makes it fetch again, at most once a minute whatever strangers
/// send, and after a failure not for a second: whoever waited meanwhile is told of that failure.
/// What was fetched counts for an hour; after that nothing is believed until the platform answers
/// again. Safe for use by many threads: one fetches, the others wait for it.
public final class PublishedKeys {
  /// Platforms publish a key days before it signs, and take it away days after.
  private static final Duration KEPT_FOR = Duration.ofHours(1);

  private static final Duration FETCH_AT_MOST_EACH = Duration.ofMinutes(1);

  /// Else callers that queued up would each, one after the other, wait for a platform that hangs.
  private static final Duration REST_AFTER_FAILURE = Duration.ofSeconds(1);

  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /// Google has two to four keys of about 500 bytes, Microsoft ten with their certificates.
  private static final int BODY_MAX_BYTES = 64 * 1024;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);

  private final URI address;
  private final InstantSource clock;
  private final BoundedHttp http;
  private final ReentrantLock fetching = new ReentrantLock();

  /// Written under the lock, replaced as a whole.
  private volatile Fetched held = new Fetched(Instant.MIN, Map.of());

  /// Guarded by the lock: the last attempt, if it failed.
  private Optional<Failed> failed = Optional.empty();

  private record Failed(Instant at, String problem) {}

  private record Fetched(Instant at, Map<String, PublicKey> keys) {
    /// Whether this is younger than `age`; the first one of all is not.
    boolean isWithin(Duration age, Instant now) {
      return at.isAfter(now.minus(age));
    }
  }

  /// @param address of a JWK set, over TLS except in tests
  public PublishedKeys(URI address, InstantSource clock) {
    this(address, clock, HTTP);
  }

  PublishedKeys(URI address, InstantSource clock, BoundedHttp http) {
    this.address = address;
    this.clock = clock;
    this.http = http;
  }

  /// The key with this id; empty if the platform has none.
  ///
  /// @throws AttestationFault if the keys cannot be had
  public Optional<PublicKey> find(String keyId) throws AttestationFault, InterruptedException {
    var known = held;
    var now = clock.instant();
    if (known.isWithin(KEPT_FOR, now) && known.keys().containsKey(keyId)) {
      return Optional.ofNullable(known.keys().get(keyId));
    }
    fetching.lockInterruptibly();
    try {
      if (!held.isWithin(FETCH_AT_MOST_EACH, now)) {
        held = fetch(now);
      }
      return Optional.ofNullable(held.keys().get(keyId));
    } finally {
      fetching.unlock();
    }
  }

  private Fetched fetch(Instant now) throws AttestationFault {
    if (failed.isPresent() && now.isBefore(failed.get().at().plus(REST_AFTER_FAILURE))) {
      throw new AttestationFault(failed.get().problem());
    }
    try {
      var answer = http.send("GET", address, Map.of("Accept", "application/json"));
      if (answer.status() != 200) {
        throw new IOException("answer " + answer.status());
      }
      var fetched = new Fetched(now, Map.copyOf(read(answer.body())));
      failed = Optional.empty();
      return fetched;
    } catch (IOException | IllegalArgumentException e) {
      var problem = "keys not fetched from " + address + ": " + e.getMessage();
      // After the attempt, not before it: it may have taken as long as the rest.
      failed = Optional.of(new Failed(clock.instant(), problem));
      throw new AttestationFault(problem, e);
    }
  }

  /// Reads a JWK set (RFC 7517 §5): RSA keys with an id that are not for something else.
  ///
  /// @throws IllegalArgumentException if it is no such set, or names two keys alike
  public static Map<String, PublicKey> read(byte[] json) {
    if (!(Json.parseObject(json).get("keys") instanceof List<?> elements)) {
      throw new IllegalArgumentException("no JWK set");
    }
    var keys = new HashMap<String, PublicKey>();
    for (var element : elements) {
      var jwk = object(element);
      if (jwk.get("kid") instanceof String kid && isForUs(jwk)) {
        var key = Jwk.read(jwk);
        if (key.isPresent() && keys.put(kid, key.get()) != null) {
          throw new IllegalArgumentException("two keys with one \"kid\"");
        }
      }
    }
    return keys;
  }

  private static boolean isForUs(Map<String, Object> jwk) {
    return "RSA".equals(jwk.get("kty"))
        && "sig".equals(jwk.getOrDefault("use", "sig"))
        && "RS256".equals(jwk.getOrDefault("alg", "RS256"));
  }

  @SuppressWarnings("unchecked") // Json makes no other maps
  private static Map<String, Object> object(Object element) {
    if (element instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw new IllegalArgumentException("a key that is no object");
  }
}
