package dev.entente.cli;

import java.util.Map;

/// Prints a number.
final class Counts {
  private Counts() {}

  static void print(BrokerCommand command, int count) {
    if (command.json()) {
      command.output().json(Map.of("count", count));
    } else {
      command.output().line(Integer.toString(count));
    }
  }
}
