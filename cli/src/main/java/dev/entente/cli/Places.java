package dev.entente.cli;

import dev.entente.runtime.Causes;
import dev.entente.runtime.DefaultPlaces;
import dev.entente.runtime.SafeWay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/// Where the daemons' sockets are: where a variable says, or else where the daemons themselves put
/// them. Without `XDG_RUNTIME_DIR` that is below the directory for temporary files, where anybody
/// may be first, so there it has to be a directory of ours or root's.
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
    return named.isEmpty()
        ? defaultPlace(DefaultPlaces.of(environment), variable, otherwise)
        : Path.of(named);
  }

  /// The default place, unless it is shared and somebody else was there first. Who names a place
  /// knows whose it is.
  static Path defaultPlace(
      DefaultPlaces places, String variable, Function<DefaultPlaces, Path> otherwise) {
    var socket = otherwise.apply(places);
    var directory = socket.resolveSibling("");
    if (places.isShared() && Files.exists(directory)) {
      requireSafe(socket, directory, variable);
    }
    return socket;
  }

  private static void requireSafe(Path socket, Path directory, String variable) {
    try {
      SafeWay.require(directory);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.FAILED,
          "the socket " + socket + " is not used: another user may have put it there",
          Causes.of(e),
          "set XDG_RUNTIME_DIR as it is set for the daemon, or name the socket you mean: --socket"
              + " PATH, or "
              + variable);
    }
  }
}
