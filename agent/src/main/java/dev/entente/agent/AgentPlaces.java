package dev.entente.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Where the agent keeps its files when the configuration does not say: system directories as root,
/// the user's own otherwise.
///
/// The two sockets have directories of their own, because the Workload API's is what gets mounted
/// into containers.
public final class AgentPlaces {
  private AgentPlaces() {}

  /// The state file's directory.
  public static Path dataDir() {
    if (isRoot()) {
      return Path.of("/var/lib/entente/agent");
    }
    return environment("XDG_STATE_HOME")
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state"))
        .resolve("entente/agent");
  }

  /// The Workload API, for every local process.
  public static Path socket() {
    return runtimeDir().resolve("entente/agent/public/api.sock");
  }

  /// Operators only.
  public static Path adminSocket() {
    return runtimeDir().resolve("entente/agent/private/admin.sock");
  }

  private static Path runtimeDir() {
    return isRoot()
        ? Path.of("/run")
        : environment("XDG_RUNTIME_DIR")
            .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
  }

  private static Optional<Path> environment(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(s -> !s.isEmpty()).map(Path::of);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException _) {
      return "root".equals(System.getProperty("user.name"));
    }
  }
}
