package dev.entente.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/// A command that asks somebody: the broker, the agent or the Workload API.
abstract class AskingCommand implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();

  AskingCommand(Session session) {
    this.session = session;
  }

  @Override
  public final Integer call() {
    try (var calls = open()) {
      return run(calls).value();
    }
  }

  /// Prepares calls to whoever is asked.
  abstract Calls open();

  /// Does the work; what goes wrong is thrown as a [Failure].
  abstract ExitCode run(Calls calls);

  final Session session() {
    return session;
  }

  final Output output() {
    return session.output();
  }

  final boolean json() {
    return format.isJson();
  }
}
