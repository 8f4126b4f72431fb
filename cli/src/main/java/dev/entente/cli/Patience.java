package dev.entente.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/// How long a command waits for each answer.
final class Patience {
  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait for an answer (default: 10s).")
  private Duration timeout = Duration.ofSeconds(10);

  Duration timeout() {
    return timeout;
  }
}
