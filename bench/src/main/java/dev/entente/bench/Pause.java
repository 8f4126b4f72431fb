package dev.entente.bench;

import java.time.Duration;

/// Waits while something else happens.
final class Pause {
  private Pause() {}

  static void of(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during a measurement", e);
    }
  }
}
