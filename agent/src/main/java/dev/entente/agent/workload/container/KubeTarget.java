package dev.entente.agent.workload.container;

import java.nio.file.Path;
import java.util.Optional;

/// Where something of Kubernetes listens, and how it is known.
///
/// @param tls how it is judged; empty for plain HTTP, on which nothing is shown
record KubeTarget(String host, int port, Optional<Tls> tls) {
  /// @param authorities PEM file of those that may vouch for it; empty to believe whoever answers
  /// @param checkHost whether its certificate has to name the host
  record Tls(Optional<Path> authorities, boolean checkHost, KubeCredentials credentials) {}

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
