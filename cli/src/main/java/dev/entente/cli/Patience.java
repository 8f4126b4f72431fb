package dev.entente.cli;

import dev.entente.runtime.Units;
import java.time.Duration;
import picocli.CommandLine.Option;

/// How long a command waits for each answer: the one meaning of `--timeout`.
final class Patience {
  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait for an answer (default: 10s).")
  private Duration timeout = Duration.ofSeconds(10);

  /// Longer than nothing, which a socket would take for ever.
  Duration timeout() {
    if (!timeout.isPositive()) {
      throw Failure.usage(
          "--timeout of " + Units.text(timeout) + " is too short: nothing answers at once", "");
    }
    return timeout;
  }
}
