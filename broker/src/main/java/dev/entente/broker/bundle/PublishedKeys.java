package dev.entente.broker.bundle;

import dev.entente.broker.store.Settings;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Who published which JWT key into our bundle, so that one broker below us cannot take the room of
/// all others.
///
/// The bundle does not say it, so the store's settings do, one value for each publisher. A key
/// counts for as long as the bundle has it. Any thread may call.
public final class PublishedKeys {
  /// Most keys of one publisher: a broker of ours has six at its busiest, two of a kind, and
  /// publishes those of the brokers below it too; this is enough for two of them.
  public static final int PER_PUBLISHER_MAX = 20;

  private static final String PREFIX = "jwt-publisher/";

  private final Settings settings;

  /// Guarded by this: by publisher, the keys it published or is about to.
  private final Map<SpiffeId, Set<String>> byPublisher = new HashMap<>();

  /// Guarded by this: keys that are on their way into the bundle.
  private final Set<String> underWay = new HashSet<>();

  public PublishedKeys(Settings settings) {
    this.settings = settings;
  }

  /// Notes a key before it is added to the bundle, and says whether its publisher has room for it.
  /// Each key that was noted is given back with [#settled], whatever became of it.
  ///
  /// @param published whether the bundle has a key
  public Future<Boolean> reserve(SpiffeId publisher, String keyId, Predicate<String> published) {
    return settings
        .find(PREFIX + publisher)
        .compose(stored -> {
          var known = stored.map(PublishedKeys::read).orElse(Set.of());
          var reserved = take(publisher, keyId, known, published);
          return reserved.isEmpty()
              ? Future.succeededFuture(false)
              : settings.put(PREFIX + publisher, write(reserved)).map(true);
        });
  }

  /// The publisher's keys with the new one, or nothing if there is no room.
  private synchronized Set<String> take(
      SpiffeId publisher, String keyId, Set<String> stored, Predicate<String> published) {
    var keys = byPublisher.computeIfAbsent(publisher, _ -> new HashSet<>());
    keys.addAll(stored);
    keys.removeIf(key -> !published.test(key) && !underWay.contains(key));
    if (!keys.contains(keyId) && keys.size() >= PER_PUBLISHER_MAX) {
      return Set.of();
    }
    keys.add(keyId);
    underWay.add(keyId);
    return Set.copyOf(keys);
  }

  /// The key stands in the bundle now, or never will.
  public synchronized void settled(String keyId) {
    underWay.remove(keyId);
  }

  private static Set<String> read(byte[] value) {
    return Arrays.stream(new String(value, StandardCharsets.US_ASCII).split(","))
        .map(key -> new String(Base64.getUrlDecoder().decode(key), StandardCharsets.UTF_8))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static byte[] write(Set<String> keys) {
    return keys.stream()
        .map(key -> Base64.getUrlEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8)))
        .sorted()
        .collect(Collectors.joining(","))
        .getBytes(StandardCharsets.US_ASCII);
  }
}
