package dev.entente.broker.authority;

import dev.entente.broker.store.Settings;
import dev.entente.broker.store.Written;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Settings in memory, which count how often they were written.
public final class MemorySettings implements Settings {
  private final Map<String, byte[]> values = new ConcurrentHashMap<>();
  private final AtomicInteger writes = new AtomicInteger();

  public int writes() {
    return writes.get();
  }

  @Override
  public Future<Optional<byte[]>> find(String name) {
    return Future.succeededFuture(Optional.ofNullable(values.get(name)));
  }

  @Override
  public Future<Map<String, byte[]>> startingWith(String prefix) {
    var found = new HashMap<>(values);
    found.keySet().removeIf(name -> !name.startsWith(prefix));
    return Future.succeededFuture(found);
  }

  @Override
  public Future<Written<Boolean>> put(String name, byte[] value) {
    values.put(name, value);
    return Future.succeededFuture(new Written<>(true, writes.incrementAndGet()));
  }
}
