package dev.entente.agent.node;

/// Where a broker listens, as configured: `broker.example.org:8081`, `10.0.0.7:8081`, `[::1]:8081`.
///
/// @param host a DNS name or an IP address without brackets
public record BrokerAddress(String host, int port) {
  public BrokerAddress {
    if (host.isEmpty() || port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          "not a host and a port from 1 to 65535: " + host + ":" + port);
    }
  }

  /// Reads `host:port`; an IPv6 address stands in brackets.
  ///
  /// @throws IllegalArgumentException if it is anything else
  public static BrokerAddress parse(String text) {
    var colon = text.lastIndexOf(':');
    var host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "an IPv6 address stands in brackets, as in \"[::1]:8081\": \"" + text + "\"");
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException("not of the form host:port: \"" + text + "\"");
    }
    return new BrokerAddress(host, parsePort(text, text.substring(colon + 1)));
  }

  private static int parsePort(String text, String port) {
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("not a port from 1 to 65535: \"" + text + "\"");
    }
    return Integer.parseInt(port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
