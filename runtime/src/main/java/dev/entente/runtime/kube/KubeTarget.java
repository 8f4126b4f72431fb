package dev.entente.runtime.kube;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/// Where something of Kubernetes listens, and how it is known.
///
/// @param tls how it is judged; empty for plain HTTP, on which nothing is shown
public record KubeTarget(String host, int port, Optional<Tls> tls) {
  /// Where Kubernetes puts a pod's own account.
  public static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private static final int PORT_MAX = 65535;

  /// How it is judged, and what is shown to it.
  ///
  /// @param authorities PEM of those that may vouch for it; empty to believe whoever answers
  /// @param checkHost whether its certificate has to name the host
  public record Tls(
      Optional<KubeText> authorities, boolean checkHost, KubeCredentials credentials) {}

  /// The API server as Kubernetes tells every pod; empty outside of one.
  ///
  /// @param environment the variables of this process
  public static Optional<KubeTarget> inCluster(Function<String, Optional<String>> environment) {
    var port = environment.apply("KUBERNETES_SERVICE_PORT").flatMap(KubeTarget::port);
    return environment
        .apply("KUBERNETES_SERVICE_HOST")
        .flatMap(host -> port.map(number -> new KubeTarget(host, number, Optional.of(account()))));
  }

  private static Tls account() {
    return new Tls(
        Optional.of(new KubeText.InFile(ACCOUNT.resolve("ca.crt"))),
        true,
        new KubeCredentials.Token(new KubeText.InFile(ACCOUNT.resolve("token"))));
  }

  private static Optional<Integer> port(String text) {
    try {
      return Optional.of(Integer.parseInt(text)).filter(port -> port > 0 && port <= PORT_MAX);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /// For the `Host` field: an IPv6 address stands in brackets.
  String hostField() {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  @Override
  public String toString() {
    return hostField() + ":" + port;
  }
}
