package dev.entente.agent.workload.container;

import java.nio.file.Path;

/// How the agent shows the kubelet or the API server who it is. Files are read anew from time to
/// time, because Kubernetes replaces them.
sealed interface KubeCredentials {
  /// Not at all.
  record Anonymous() implements KubeCredentials {}

  /// By a token.
  record Token(Path file) implements KubeCredentials {}

  /// By a client certificate; both files PEM, and they may be the same.
  record Certificate(Path certificate, Path key) implements KubeCredentials {}
}
