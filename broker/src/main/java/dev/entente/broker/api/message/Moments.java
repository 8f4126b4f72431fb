package dev.entente.broker.api.message;

import java.time.Instant;

/// Points in time as messages have them: seconds since 1970.
final class Moments {
  /// The last second of the year 9999, the latest that X.509 can write (RFC 5280 §4.1.2.5).
  static final long LAST_SECOND = 253_402_300_799L;

  private Moments() {}

  /// Reads a field.
  ///
  /// @throws IllegalArgumentException if it is negative or after [#LAST_SECOND]
  static Instant read(long seconds, String field) {
    if (seconds < 0) {
      throw new IllegalArgumentException(field + " is negative: " + seconds);
    }
    if (seconds > LAST_SECOND) {
      throw new IllegalArgumentException(
          field + " is " + seconds + ", at most " + LAST_SECOND + " is allowed, in the year 9999");
    }
    return Instant.ofEpochSecond(seconds);
  }
}
