package dev.entente.agent.endpoint;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts open streams, all together and by caller. Any thread.
///
/// @param <K> tells callers apart: a user's number, a SPIFFE ID
final class OpenStreams<K> {
  private final int allMax;
  private final int perCallerMax;
  private final AtomicInteger all = new AtomicInteger();

  /// A caller without streams has no entry.
  private final Map<K, Integer> byCaller = new ConcurrentHashMap<>();

  OpenStreams(int allMax, int perCallerMax) {
    this.allMax = allMax;
    this.perCallerMax = perCallerMax;
  }

  /// Counts one more stream of a caller; false, and nothing counted, if that is one too many.
  boolean open(K caller) {
    int ofCaller = byCaller.merge(caller, 1, Integer::sum);
    if (all.incrementAndGet() <= allMax && ofCaller <= perCallerMax) {
      return true;
    }
    close(caller);
    return false;
  }

  void close(K caller) {
    byCaller.computeIfPresent(caller, (_, count) -> count == 1 ? null : count - 1);
    all.decrementAndGet();
  }

  int size() {
    return all.get();
  }
}
