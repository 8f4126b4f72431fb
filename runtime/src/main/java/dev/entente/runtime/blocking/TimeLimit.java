package dev.entente.runtime.blocking;

import java.net.SocketTimeoutException;
import java.time.Duration;

/// The moment by which several steps together must be done.
///
/// @param allowed how long that is, for messages
/// @param endNanos the moment, on the clock of [System#nanoTime()]
public record TimeLimit(Duration allowed, long endNanos) {
  /// From now on.
  public static TimeLimit within(Duration allowed) {
    return new TimeLimit(allowed, System.nanoTime() + allowed.toNanos());
  }

  /// Whether anything is left.
  public boolean isLeft() {
    return endNanos - System.nanoTime() > 0;
  }

  /// What is left, rounded up; at least one millisecond.
  ///
  /// @throws SocketTimeoutException if nothing is
  public int leftMillis() throws SocketTimeoutException {
    long nanos = endNanos - System.nanoTime();
    if (nanos <= 0) {
      throw passed();
    }
    return Math.toIntExact(Duration.ofNanos(nanos).toMillis() + 1);
  }

  SocketTimeoutException passed() {
    return new SocketTimeoutException("no complete answer within " + allowed);
  }
}
