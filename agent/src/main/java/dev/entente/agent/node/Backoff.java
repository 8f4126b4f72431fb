package dev.entente.agent.node;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// Growing waits between attempts, each off by up to a tenth so that a fleet does not march in
/// step.
final class Backoff {
  private static final double JITTER = 0.1;

  private final Duration first;
  private final double factor;
  private final Duration longest;
  private final RandomGenerator random;

  private int failures;

  Backoff(Duration first, double factor, Duration longest, RandomGenerator random) {
    if (first.isNegative() || first.isZero() || factor < 1) {
      throw new IllegalArgumentException("backoff from " + first + " times " + factor);
    }
    this.first = first;
    this.factor = factor;
    this.longest = longest;
    this.random = random;
  }

  /// The wait after one more failure.
  Duration next() {
    var millis =
        Math.min(
            (double) first.toMillis() * Math.pow(factor, failures), (double) longest.toMillis());
    failures++;
    return jittered(Duration.ofMillis((long) millis), random);
  }

  /// Forgets the failures.
  void reset() {
    failures = 0;
  }

  /// How many failures there were since the last reset.
  int failures() {
    return failures;
  }

  /// `duration` times something from 0.9 to 1.1.
  static Duration jittered(Duration duration, RandomGenerator random) {
    var share = 1 + JITTER * (2 * random.nextDouble() - 1);
    return Duration.ofMillis((long) (duration.toMillis() * share));
  }
}
