package dev.entente.runtime;

import java.time.Duration;
import java.util.regex.Pattern;

/// Durations and sizes as people write them in a configuration or on a command line.
public final class Units {
  private static final Pattern DURATION_PART = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");
  private static final Pattern DURATION =
      Pattern.compile(
          "(?:[0-9]{1,12}d)?(?:[0-9]{1,12}h)?(?:[0-9]{1,12}m)?"
              + "(?:[0-9]{1,12}s)?(?:[0-9]{1,12}ms)?");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB)");

  private Units() {}

  /// Reads `500ms`, `30s`, `5m`, `24h`, `7d`, or several of them from large to small as in `1h30m`;
  /// throws IllegalArgumentException for anything else, a bare number included.
  public static Duration duration(String text) {
    if (text.isEmpty() || !DURATION.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a duration, write it like 500ms, 30s, 5m, 24h or 7d");
    }
    var parts = DURATION_PART.matcher(text);
    var total = Duration.ZERO;
    while (parts.find()) {
      total = total.plus(part(Long.parseLong(parts.group(1)), parts.group(2)));
    }
    return total;
  }

  private static Duration part(long count, String unit) {
    return switch (unit) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      case "d" -> Duration.ofDays(count);
      case String other -> throw new IllegalStateException("unit outside the pattern: " + other);
    };
  }

  /// Reads `512B`, `64KiB`, `4MiB` or `2GiB` into bytes; throws IllegalArgumentException for
  /// anything else, a bare number included.
  public static long size(String text) {
    var match = SIZE.matcher(text);
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a size, write it like 512B, 64KiB, 4MiB or 2GiB");
    }
    var factor =
        switch (match.group(2)) {
          case "B" -> 1L;
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          case String other ->
              throw new IllegalStateException("unit outside the pattern: " + other);
        };
    return Long.parseLong(match.group(1)) * factor;
  }

  /// Writes a duration the way [#duration(String)] reads it: `1h`, `90s` as `1m30s`, zero as `0s`.
  public static String text(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    var text = new StringBuilder();
    append(text, duration.toDays(), "d");
    append(text, duration.toHoursPart(), "h");
    append(text, duration.toMinutesPart(), "m");
    append(text, duration.toSecondsPart(), "s");
    append(text, duration.toMillisPart(), "ms");
    return text.isEmpty() ? duration.toString() : text.toString();
  }

  private static void append(StringBuilder text, long count, String unit) {
    if (count > 0) {
      text.append(count).append(unit);
    }
  }
}
