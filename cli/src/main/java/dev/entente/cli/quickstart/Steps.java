package dev.entente.cli.quickstart;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Runs steps one after the other and prints a line for each: whether it worked, how long it took,
/// what it showed. One thread.
final class Steps {
  private static final int TITLE_WIDTH = 46;

  private final Consumer<String> out;
  private final LongSupplier nanoTime;
  private final long startedAt;
  private int passed;

  /// @param nanoTime a monotonic clock, as [System#nanoTime]
  Steps(Consumer<String> out, LongSupplier nanoTime) {
    this.out = out;
    this.nanoTime = nanoTime;
    this.startedAt = nanoTime.getAsLong();
  }

  /// What one step does; it returns what it showed, in a few words.
  interface Body {
    String run() throws Exception;
  }

  /// Runs one step; whatever it throws is passed on after its line.
  void step(String title, Body body) throws Exception {
    var began = nanoTime.getAsLong();
    try {
      var shown = body.run();
      passed++;
      out.accept(line(true, since(began), title, shown));
    } catch (Exception e) {
      out.accept(line(false, since(began), title, ""));
      throw e;
    }
  }

  private Duration since(long began) {
    return Duration.ofNanos(nanoTime.getAsLong() - began);
  }

  /// One line of the story.
  static String line(boolean passed, Duration took, String title, String shown) {
    var mark = passed ? "✓" : "✗";
    var head = " " + mark + " " + seconds(took, 5) + "  ";
    return shown.isEmpty()
        ? head + title
        : head + String.format(Locale.ROOT, "%-" + TITLE_WIDTH + "s  %s", title, shown);
  }

  /// The last line: how many steps passed, in what time.
  String summary(boolean complete) {
    var took = seconds(since(startedAt), 0);
    return complete
        ? "quickstart: all " + passed + " steps passed in " + took
        : "quickstart: FAILED after " + passed + " steps, " + took;
  }

  private static String seconds(Duration duration, int width) {
    var number = String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1000.0);
    return " ".repeat(Math.max(0, width - number.length())) + number + " s";
  }
}
