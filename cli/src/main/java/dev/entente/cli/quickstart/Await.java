package dev.entente.cli.quickstart;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Waits until something is so, and no longer.
final class Await {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  private Await() {}

  /// Looks again and again; false if it was not so within `limit`.
  static boolean until(Duration limit, Condition condition) throws Exception {
    var deadline = System.nanoTime() + limit.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  /// What is waited for.
  interface Condition {
    boolean holds() throws Exception;
  }
}
