package dev.entente.broker.audit;

import java.time.InstantSource;
import java.util.OptionalLong;

/// Lets so many denials a second into the log and counts the rest, so that whoever is denied cannot
/// fill the disk by asking again.
final class DenialLimiter {
  static final int PER_SECOND = 20;

  private final InstantSource clock;

  /// All guarded by this object.
  private long second;

  private int admitted;
  private long leftOut;

  DenialLimiter(InstantSource clock) {
    this.clock = clock;
  }

  /// How many were left out since the last one that was let in, or empty if this one is left out.
  synchronized OptionalLong admit() {
    var now = clock.instant().getEpochSecond();
    if (now != second) {
      second = now;
      admitted = 0;
    }
    if (admitted >= PER_SECOND) {
      leftOut++;
      return OptionalLong.empty();
    }
    admitted++;
    var before = leftOut;
    leftOut = 0;
    return OptionalLong.of(before);
  }
}
