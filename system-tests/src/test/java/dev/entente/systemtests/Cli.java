package dev.entente.systemtests;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The command line, as typed by an operator.
final class Cli {
  private final Sandbox sandbox;
  private final Map<String, String> environment;

  private Cli(Sandbox sandbox, Map<String, String> environment) {
    this.sandbox = sandbox;
    this.environment = environment;
  }

  /// A shell that knows of no daemon.
  static Cli of(Sandbox sandbox) {
    return new Cli(sandbox, Map.of());
  }

  /// A shell that administers `broker`.
  static Cli of(Sandbox sandbox, BrokerProcess broker) {
    return new Cli(sandbox, Map.of("ENTENTE_BROKER_SOCKET", broker.socket().toString()));
  }

  /// A shell with those variables.
  static Cli of(Sandbox sandbox, Map<String, String> environment) {
    return new Cli(sandbox, environment);
  }

  /// Runs `entente` with those arguments.
  Command.Result run(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Distribution.launcher().toString());
    command.addAll(List.of(arguments));
    return Command.run(sandbox, environment, command);
  }
}
