package dev.entente.cli.spire;

import dev.entente.runtime.Units;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.regex.Pattern;

/// Durations as Go reads them: `1h30m`, `1.5h`, `300ms`, `0`.
final class GoDuration {
  private static final Pattern PART =
      Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?|\\.[0-9]{1,9})(ns|us|µs|ms|s|m|h)");
  private static final Pattern WHOLE = Pattern.compile("[+]?(?:" + PART.pattern() + ")+");
  private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000L);

  private GoDuration() {}

  /// Reads it.
  ///
  /// @throws IllegalArgumentException if Go would not, or if it is negative
  static Duration parse(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    if (!WHOLE.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is not a duration");
    }
    var nanos = BigDecimal.ZERO;
    var parts = PART.matcher(text);
    while (parts.find()) {
      var unit = BigDecimal.valueOf(nanos(parts.group(2)));
      nanos = nanos.add(new BigDecimal(parts.group(1)).multiply(unit));
    }
    var whole = nanos.toBigInteger().divideAndRemainder(SECOND);
    return Duration.ofSeconds(whole[0].longValueExact(), whole[1].longValue());
  }

  private static long nanos(String unit) {
    return switch (unit) {
      case "ns" -> 1L;
      case "us", "µs" -> 1_000L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      case String other -> throw new IllegalStateException("unit outside the pattern: " + other);
    };
  }

  /// The same in our writing; what is below a millisecond is left out.
  static String ours(String text) {
    return Units.text(Duration.ofMillis(parse(text).toMillis()));
  }
}
