package dev.entente.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/// Prints figures as rows of a Markdown table, as docs/benchmarks.md has them.
final class Report {
  private static final double MILLION = 1e6;

  private final PrintStream out;
  private boolean begun;

  Report(PrintStream out) {
    this.out = out;
  }

  void row(String what, String value, String aim) {
    if (!begun) {
      out.println("| what | value | aim |");
      out.println("|---|---|---|");
      begun = true;
    }
    out.println("| " + what + " | " + value + " | " + aim + " |");
    out.flush();
  }

  /// Operations per processor second: the median, and between what the windows lay.
  void rate(String what, List<Window> windows, String aim) {
    var rates = windows.stream().map(Window::perCpuSecond).toList();
    var wall = Median.of(windows.stream().map(Window::perSecond).toList());
    row(
        what,
        text(
            "%,.0f per CPU-second (%,.0f to %,.0f), %,.0f a second",
            Median.of(rates),
            rates.stream().min(Double::compare).orElseThrow(),
            rates.stream().max(Double::compare).orElseThrow(),
            wall),
        aim);
  }

  /// How long calls took.
  void latency(String what, Histogram nanos, String aim) {
    row(
        what,
        text(
            "p50 %.1f ms, p99 %.1f ms, most %.1f ms, %,d calls",
            nanos.getValueAtPercentile(50) / MILLION,
            nanos.getValueAtPercentile(99) / MILLION,
            nanos.getMaxValue() / MILLION,
            nanos.getTotalCount()),
        aim);
  }

  /// How long something took, done several times.
  void times(String what, List<Duration> times, String aim) {
    var millis = times.stream().map(time -> time.toNanos() / MILLION).toList();
    row(
        what,
        text(
            "%.0f ms (%.0f to %.0f, %d times)",
            Median.of(millis),
            millis.stream().min(Double::compare).orElseThrow(),
            millis.stream().max(Double::compare).orElseThrow(),
            millis.size()),
        aim);
  }

  // The annotation Error Prone asks for would be a dependency for one line.
  @SuppressWarnings("AnnotateFormatMethod")
  static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /// A line about how the measurement goes, outside the table.
  static void say(String line) {
    System.err.println(line);
  }
}
