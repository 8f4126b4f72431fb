package dev.entente.runtime.kube;

/// How we show the kubelet or the API server who we are. It is read anew from time to time, because
/// Kubernetes replaces tokens and certificates.
public sealed interface KubeCredentials {
  /// Not at all.
  record Anonymous() implements KubeCredentials {}

  /// By a token.
  record Token(KubeText token) implements KubeCredentials {}

  /// By a client certificate; both PEM, and they may be the same file.
  record Certificate(KubeText certificate, KubeText key) implements KubeCredentials {}
}
