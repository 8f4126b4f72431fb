package dev.entente.cli;

import dev.entente.runtime.DefaultPlaces;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/// Where the daemons' sockets are: where a variable says, or else where the daemons themselves put
/// them.
final class Places {
  static final String BROKER_SOCKET = "ENTENTE_BROKER_SOCKET";
  static final String AGENT_SOCKET = "ENTENTE_AGENT_SOCKET";

  private Places() {}

  /// The broker's private socket.
  static Path brokerSocket(Map<String, String> environment) {
    return place(environment, BROKER_SOCKET, DefaultPlaces::brokerSocket);
  }

  /// The agent's admin socket.
  static Path agentSocket(Map<String, String> environment) {
    return place(environment, AGENT_SOCKET, DefaultPlaces::agentSocket);
  }

  private static Path place(
      Map<String, String> environment, String variable, Function<DefaultPlaces, Path> otherwise) {
    var named = environment.getOrDefault(variable, "");
    return named.isEmpty() ? otherwise.apply(DefaultPlaces.of(environment)) : Path.of(named);
  }
}
