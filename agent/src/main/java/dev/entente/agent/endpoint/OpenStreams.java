package dev.entente.agent.endpoint;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts open streams, all together and by user. Any thread.
final class OpenStreams {
  private final int allMax;
  private final int perUserMax;
  private final AtomicInteger all = new AtomicInteger();

  /// A user without streams has no entry.
  private final Map<Integer, Integer> byUser = new ConcurrentHashMap<>();

  OpenStreams(int allMax, int perUserMax) {
    this.allMax = allMax;
    this.perUserMax = perUserMax;
  }

  /// Counts one more stream of a user; false, and nothing counted, if that is one too many.
  boolean open(int uid) {
    int ofUser = byUser.merge(uid, 1, Integer::sum);
    if (all.incrementAndGet() <= allMax && ofUser <= perUserMax) {
      return true;
    }
    close(uid);
    return false;
  }

  void close(int uid) {
    byUser.computeIfPresent(uid, (_, count) -> count == 1 ? null : count - 1);
    all.decrementAndGet();
  }

  int size() {
    return all.get();
  }
}
