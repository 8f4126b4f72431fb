package dev.entente.broker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Where the broker keeps its files when the configuration does not say: system directories as
/// root, the user's own otherwise.
final class DefaultPlaces {
  private DefaultPlaces() {}

  static Path dataDir() {
    if (isRoot()) {
      return Path.of("/var/lib/entente/broker");
    }
    return environment("XDG_STATE_HOME")
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state"))
        .resolve("entente/broker");
  }

  static Path socket() {
    var runtime =
        isRoot()
            ? Path.of("/run")
            : environment("XDG_RUNTIME_DIR")
                .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
    return runtime.resolve("entente/broker/broker.sock");
  }

  private static Optional<Path> environment(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(s -> !s.isEmpty()).map(Path::of);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (java.io.IOException | UnsupportedOperationException _) {
      return "root".equals(System.getProperty("user.name"));
    }
  }
}
