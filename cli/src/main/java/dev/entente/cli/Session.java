package dev.entente.cli;

import java.time.InstantSource;
import java.util.Map;

/// What a command may use of the world: where it prints, its environment, its clock.
///
/// @param environment the variables of the process
record Session(Output output, Map<String, String> environment, InstantSource clock) {
  Session {
    environment = Map.copyOf(environment);
  }

  /// The session of this process.
  static Session standard() {
    return new Session(Output.standard(), System.getenv(), InstantSource.system());
  }
}
