package dev.entente.rpc;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads and writes `grpc-timeout`.
///
/// Vert.x takes `500u`, `-1S` and `1` alike for "no deadline"; here the first is half a millisecond
/// and the others are refused.
final class Deadlines {
  private static final int DIGITS_MAX = 8;

  /// Longest wait believed, a day: a peer that asks for 99999999H gets this, not a timer of 11,000
  /// years.
  static final Duration LONGEST = Duration.ofDays(1);

  private Deadlines() {}

  /// Parses a header; empty if there is none. Fails with InvalidArgument if it is malformed.
  static Optional<Duration> parse(@Nullable String header) {
    if (header == null) {
      return Optional.empty();
    }
    int digits = header.length() - 1;
    if (digits < 1 || digits > DIGITS_MAX) {
      throw malformed();
    }
    long count = 0;
    for (int i = 0; i < digits; i++) {
      char digit = header.charAt(i);
      if (digit < '0' || digit > '9') {
        throw malformed();
      }
      count = 10 * count + (digit - '0');
    }
    Duration asked =
        switch (header.charAt(digits)) {
          case 'H' -> Duration.ofHours(count);
          case 'M' -> Duration.ofMinutes(count);
          case 'S' -> Duration.ofSeconds(count);
          case 'm' -> Duration.ofMillis(count);
          case 'u' -> Duration.ofNanos(count * 1000);
          case 'n' -> Duration.ofNanos(count);
          default -> throw malformed();
        };
    return Optional.of(asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
  }

  private static RpcException malformed() {
    return RpcException.of(
        GrpcStatus.INVALID_ARGUMENT, "grpc-timeout is not a number of at most 8 digits and a unit");
  }

  /// Writes the header for a wait of at most [#LONGEST].
  static String format(Duration wait) {
    return Math.clamp(wait.toMillis(), 1, 99_999_999) + "m";
  }

  /// The shorter of what the peer asked and what we allow; zero means we set no limit.
  static Optional<Duration> effective(@Nullable String header, Duration allowed) {
    Optional<Duration> asked = parse(header);
    if (allowed.isZero()) {
      return asked;
    }
    return Optional.of(asked.filter(a -> a.compareTo(allowed) < 0).orElse(allowed));
  }
}
