package dev.entente.agent;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Collects what a burst of work left behind, so that an agent occupies what it needs.
///
/// The serial collector lets the old generation grow to its limit before it looks for garbage there
/// the first time. A start, or a hundred new SVIDs at once, leaves twice as much behind as is kept,
/// and an agent shares its machine with those it serves. Collecting everything takes some tens of
/// milliseconds, and is done only when there is something to gain.
final class LeanHeap {
  /// How often is looked; a collection is at least this far from the last.
  private static final Duration PERIOD = Duration.ofSeconds(5);

  /// How much more than after the last collection is let be: the young generation and a little.
  private static final long GROWTH_MAX_BYTES = 8L << 20;

  private final LongSupplier usedBytes;
  private final Runnable collect;

  /// What was in use after the last collection; touched by the timer's event loop only.
  private long keptBytes;

  LeanHeap() {
    this(() -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory(), System::gc);
  }

  /// @param usedBytes what is in use, garbage included
  LeanHeap(LongSupplier usedBytes, Runnable collect) {
    this.usedBytes = usedBytes;
    this.collect = collect;
  }

  /// Looks from now on, until `vertx` is closed.
  void watch(Vertx vertx) {
    vertx.setPeriodic(PERIOD.toMillis(), _ -> look());
  }

  void look() {
    if (usedBytes.getAsLong() > keptBytes + GROWTH_MAX_BYTES) {
      collect.run();
      keptBytes = usedBytes.getAsLong();
    }
  }
}
