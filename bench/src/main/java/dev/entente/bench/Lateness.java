package dev.entente.bench;

import dev.entente.runtime.DaemonVertx;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/// How long whoever measures waits for a core itself: what it says of others holds this too, once
/// when it asks and once when it is answered.
///
/// Each event loop wants to be woken every [#EVERY], and what it is late by is written down.
final class Lateness {
  private static final Duration EVERY = Duration.ofMillis(5);

  private final Tally tally = new Tally();

  private Lateness() {}

  /// Watches all event loops until they end.
  static Lateness of(Vertx vertx) {
    var lateness = new Lateness();
    DaemonVertx.onEventLoops(vertx, () -> lateness.wait(vertx));
    return lateness;
  }

  private void wait(Vertx vertx) {
    var due = System.nanoTime() + EVERY.toNanos();
    var _ =
        vertx.setTimer(
            EVERY.toMillis(),
            _ -> {
              tally.answered(1, 0, System.nanoTime() - due);
              wait(vertx);
            });
  }

  /// Since this was last asked, in nanoseconds.
  Histogram take() {
    return tally.takeLatency();
  }
}
