package dev.entente.federation;

import dev.entente.spiffe.SpiffeBundle;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// When a bundle is fetched again.
///
/// The interval is the bundle's own hint (SPIFFE Federation §4.1), five minutes without one, within
/// `shortest` and `longest`, less up to a tenth so that many relationships do not beat together. A
/// failure waits for the next interval like a success (§6.2); without any bundle to authenticate
/// with there is nothing to lose, so that case comes back after `shortest`.
///
/// @param shortest lower bound, included; protects the partner from a hint of one second
/// @param longest upper bound, included; protects us from a hint of a year
public record RefreshSchedule(Duration shortest, Duration longest) {
  /// What the specification recommends without a hint.
  static final Duration WITHOUT_HINT = Duration.ofMinutes(5);

  private static final double JITTER = 0.1;

  public RefreshSchedule {
    if (shortest.toMillis() < 1 || shortest.compareTo(longest) > 0) {
      throw new IllegalArgumentException("refresh bounds refused: " + shortest + " to " + longest);
    }
  }

  /// How long to wait after a fetch, given what is held now.
  public Duration next(Optional<SpiffeBundle> held, RandomGenerator random) {
    var interval = held.map(bundle -> bundle.refreshHint().orElse(WITHOUT_HINT)).orElse(shortest);
    var bounded = clamp(interval);
    return bounded.minusMillis((long) (bounded.toMillis() * JITTER * random.nextDouble()));
  }

  private Duration clamp(Duration interval) {
    if (interval.compareTo(shortest) < 0) {
      return shortest;
    }
    return interval.compareTo(longest) > 0 ? longest : interval;
  }
}
