package dev.entente.bench;

import java.time.Duration;

/// Waits while something else happens: a measurement lasts as long as it was asked to, and
/// processes watched from outside tell nobody when they are ready. Never on an event loop.
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
