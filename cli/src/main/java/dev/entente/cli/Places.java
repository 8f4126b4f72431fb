package dev.entente.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Where the daemons' sockets are when nobody says: `/run` as root, `$XDG_RUNTIME_DIR` otherwise,
/// exactly as the daemons themselves decide.
final class Places {
  static final String BROKER_SOCKET = "ENTENTE_BROKER_SOCKET";
  static final String AGENT_SOCKET = "ENTENTE_AGENT_SOCKET";

  private Places() {}

  /// The broker's private socket.
  static Path brokerSocket(Map<String, String> environment) {
    return place(environment, BROKER_SOCKET, "entente/broker/broker.sock");
  }

  /// The agent's admin socket.
  static Path agentSocket(Map<String, String> environment) {
    return place(environment, AGENT_SOCKET, "entente/agent/private/admin.sock");
  }

  private static Path place(Map<String, String> environment, String variable, String relative) {
    var named = environment.getOrDefault(variable, "");
    return named.isEmpty() ? runtimeDirectory(environment).resolve(relative) : Path.of(named);
  }

  private static Path runtimeDirectory(Map<String, String> environment) {
    if (isRoot()) {
      return Path.of("/run");
    }
    var own = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return Path.of(own.isEmpty() ? System.getProperty("java.io.tmpdir") : own);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException _) {
      return "root".equals(System.getProperty("user.name"));
    }
  }
}
