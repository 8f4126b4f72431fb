package dev.entente.testkit;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits until something is so, and no longer: looks every 15 ms, and throws [AssertionError] with
/// what was waited for when the limit has passed. Blocks the calling thread, so never call it on an
/// event loop.
public final class Await {
  /// How often to look: short beside everything that is waited for, long beside a look.
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(15);

  private Await() {}

  /// What `look` finds, as soon as it finds something.
  public static <T> T first(String what, Duration limit, Supplier<Optional<T>> look) {
    var deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      var found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + limit + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /// Returns as soon as `condition` holds.
  public static void until(String what, Duration limit, BooleanSupplier condition) {
    first(what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }
}
