package dev.entente.cli.quickstart;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Where the files of one trust domain are.
///
/// @param directory holds everything of it
record Place(Path directory) {
  /// A longer path does not fit into the kernel's socket address.
  private static final int SOCKET_PATH_BYTES_MAX = 107;

  Place {
    for (var socket : List.of(brokerSocket(directory), adminSocket(directory), api(directory))) {
      var bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
      if (bytes > SOCKET_PATH_BYTES_MAX) {
        throw new QuickstartException(
            socket
                + " has "
                + bytes
                + " bytes, a Unix socket takes "
                + SOCKET_PATH_BYTES_MAX
                + ": choose a shorter --dir");
      }
    }
  }

  private static Path brokerSocket(Path directory) {
    return directory.resolve("broker/broker.sock");
  }

  private static Path adminSocket(Path directory) {
    return directory.resolve("agent/admin.sock");
  }

  private static Path api(Path directory) {
    return directory.resolve("api/api.sock");
  }

  /// Administers the broker.
  Path brokerSocket() {
    return brokerSocket(directory);
  }

  /// Administers the agent.
  Path adminSocket() {
    return adminSocket(directory);
  }

  /// The Workload API.
  Path workloadSocket() {
    return api(directory);
  }

  Path brokerData() {
    return directory.resolve("broker/data");
  }

  Path agentData() {
    return directory.resolve("agent/data");
  }

  /// The bundle by which the agent recognises its broker.
  Path bundleFile() {
    return directory.resolve("bundle.pem");
  }

  /// The runtime image of the workload.
  Path image() {
    return directory.resolve("image");
  }

  /// A file such as `broker.yaml` or `agent.log`.
  Path file(String name) {
    return directory.resolve(name);
  }
}
