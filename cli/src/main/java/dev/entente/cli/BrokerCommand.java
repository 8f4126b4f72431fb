package dev.entente.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/// A command that asks the broker.
abstract class BrokerCommand implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();
  @Mixin private final BrokerSocket broker = new BrokerSocket();

  BrokerCommand(Session session) {
    this.session = session;
  }

  @Override
  public final Integer call() {
    try (var calls = broker.open(session)) {
      return run(calls).value();
    }
  }

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
