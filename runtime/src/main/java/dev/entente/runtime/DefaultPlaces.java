package dev.entente.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Where the daemons keep their files, and the commands look for them, when nobody says: system
/// directories as root, the user's own otherwise.
///
/// The agent's sockets have directories of their own, because the Workload API's is what gets
/// mounted into containers, and the SPIFFE Broker API's into those of SPIFFE brokers.
///
/// @param root whether the system's directories are meant
/// @param environment `XDG_STATE_HOME` and `XDG_RUNTIME_DIR` count
public record DefaultPlaces(boolean root, Map<String, String> environment) {
  public DefaultPlaces {
    environment = Map.copyOf(environment);
  }

  /// The places of this process.
  public static DefaultPlaces ofProcess() {
    return of(System.getenv());
  }

  /// The places of this process's user, in another environment.
  public static DefaultPlaces of(Map<String, String> environment) {
    return new DefaultPlaces(isRoot(), environment);
  }

  /// The data directory of `broker` or `agent`.
  public Path dataDir(String daemon) {
    var state =
        root
            ? Path.of("/var/lib")
            : variable("XDG_STATE_HOME")
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state"));
    return state.resolve("entente").resolve(daemon);
  }

  /// The broker's private socket.
  public Path brokerSocket() {
    return runtimeDirectory().resolve("entente/broker/broker.sock");
  }

  /// The Workload API, for every local process.
  public Path workloadSocket() {
    return runtimeDirectory().resolve("entente/agent/public/api.sock");
  }

  /// The agent's admin socket, for operators only.
  public Path agentSocket() {
    return runtimeDirectory().resolve("entente/agent/private/admin.sock");
  }

  /// The SPIFFE Broker API, for those who act for workloads.
  public Path spiffeBrokerSocket() {
    return runtimeDirectory().resolve("entente/agent/spiffe-broker/api.sock");
  }

  /// Whether the sockets lie below a directory in which every user may write, so that anybody may
  /// have been there first.
  public boolean isShared() {
    return !root && variable("XDG_RUNTIME_DIR").isEmpty();
  }

  private Path runtimeDirectory() {
    return root
        ? Path.of("/run")
        : variable("XDG_RUNTIME_DIR")
            .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
  }

  private Optional<Path> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(s -> !s.isEmpty()).map(Path::of);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException _) {
      return "root".equals(System.getProperty("user.name"));
    }
  }
}
