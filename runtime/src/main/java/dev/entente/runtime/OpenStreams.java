package dev.entente.runtime;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts open streams, all together and by caller. Any thread.
///
/// @param <K> tells callers apart: a user's number, a SPIFFE ID, an address
public final class OpenStreams<K> {
  private final int allMax;
  private final int perCallerMax;
  private final AtomicInteger all = new AtomicInteger();

  /// A caller without streams has no entry.
  private final Map<K, Integer> byCaller = new ConcurrentHashMap<>();

  public OpenStreams(int allMax, int perCallerMax) {
    this.allMax = allMax;
    this.perCallerMax = perCallerMax;
  }

  /// Counts one more stream of a caller; false, and nothing counted, if that is one too many.
  public boolean open(K caller) {
    int ofCaller = byCaller.merge(caller, 1, Integer::sum);
    if (all.incrementAndGet() <= allMax && ofCaller <= perCallerMax) {
      return true;
    }
    close(caller);
    return false;
  }

  /// Gives the place of a stream back that was counted.
  public void close(K caller) {
    byCaller.computeIfPresent(caller, (_, count) -> count == 1 ? null : count - 1);
    all.decrementAndGet();
  }

  /// How many are open.
  public int size() {
    return all.get();
  }
}
