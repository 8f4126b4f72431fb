package dev.entente.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where the Workload API is (SPIFFE_Workload_Endpoint §4).
sealed interface WorkloadEndpoint {
  /// The variable that names the endpoint when nothing else does.
  String VARIABLE = "SPIFFE_ENDPOINT_SOCKET";

  /// A Unix socket.
  record Unix(Path path) implements WorkloadEndpoint {}

  /// A TCP listener, by its address.
  record Tcp(String address, int port) implements WorkloadEndpoint {}

  /// The endpoint given explicitly, else the one of the environment.
  static WorkloadEndpoint choose(Optional<String> explicit, Map<String, String> environment) {
    var text =
        explicit
            .or(() -> Optional.ofNullable(environment.get(VARIABLE)).filter(v -> !v.isEmpty()))
            .orElseThrow(() ->
                Failure.usage(
                    "the place of the Workload API is not known",
                    "set " + VARIABLE + "=unix:///path/to/api.sock, or give --endpoint"));
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(
          "\"" + text + "\" is no endpoint of a Workload API: " + e.getMessage(),
          "write unix:///path/to/api.sock or tcp://127.0.0.1:8000");
    }
  }

  /// Reads an endpoint; throws IllegalArgumentException with the rule it breaks.
  static WorkloadEndpoint parse(String text) {
    var uri = uri(text);
    var scheme = Optional.ofNullable(uri.getScheme()).orElse("");
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("a query or fragment is not allowed");
    }
    return switch (scheme) {
      case "unix" -> unix(uri);
      case "tcp" -> tcp(uri);
      case "" -> throw new IllegalArgumentException("it has no scheme, unix or tcp");
      default ->
          throw new IllegalArgumentException("its scheme is " + scheme + ", not unix or tcp");
    };
  }

  private static URI uri(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("it is not a URI: " + e.getReason(), e);
    }
  }

  private static WorkloadEndpoint unix(URI uri) {
    if (uri.getRawAuthority() != null) {
      throw new IllegalArgumentException("a unix endpoint has no host, write unix:///path");
    }
    var path = uri.isOpaque() ? "" : Optional.ofNullable(uri.getPath()).orElse("");
    if (!path.startsWith("/") || path.equals("/")) {
      throw new IllegalArgumentException("a unix endpoint needs the absolute path of the socket");
    }
    return new Unix(Path.of(path));
  }

  private static WorkloadEndpoint tcp(URI uri) {
    var path = Optional.ofNullable(uri.getRawPath()).orElse("");
    if (uri.getRawUserInfo() != null || !path.isEmpty()) {
      throw new IllegalArgumentException("a tcp endpoint is an address and a port, nothing else");
    }
    var host = Optional.ofNullable(uri.getHost()).orElse("");
    if (!IpAddress.isLiteral(host)) {
      throw new IllegalArgumentException("the host of a tcp endpoint is an IP address");
    }
    if (uri.getPort() < 1 || uri.getPort() > 65_535) {
      throw new IllegalArgumentException("a tcp endpoint needs a port from 1 to 65535");
    }
    return new Tcp(host.replace("[", "").replace("]", ""), uri.getPort());
  }

  /// Recognises addresses without asking a resolver.
  final class IpAddress {
    private static final Pattern V4 =
        Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}");

    private IpAddress() {}

    /// [URI] accepts brackets only around a well-formed IPv6 address.
    static boolean isLiteral(String host) {
      return V4.matcher(host).matches() || (host.startsWith("[") && host.endsWith("]"));
    }
  }
}
