package dev.entente.runtime;

/// Where a listener binds: `host:port`, IPv6 in brackets.
///
/// @param host a name or an address without brackets
/// @param port 0 to 65535; 0 lets the kernel choose
public record ListenAddress(String host, int port) {
  /// Checks the parts.
  public ListenAddress {
    if (host.isEmpty() || host.contains("/") || host.contains(" ")) {
      throw new IllegalArgumentException("\"" + host + "\" is not a host name or address");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is outside 0 to 65535");
    }
  }

  /// Reads `127.0.0.1:8081`, `[::1]:8081` or `broker.example:8081`.
  public static ListenAddress parse(String text) {
    var colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("\"" + text + "\" is not host:port");
    }
    var host = text.substring(0, colon);
    var bracketed = host.startsWith("[") && host.endsWith("]");
    if (host.contains(":") && !bracketed) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not host:port, write an IPv6 address in brackets");
    }
    var bare = bracketed ? host.substring(1, host.length() - 1) : host;
    return new ListenAddress(bare, port(text, text.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    if (!digits.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("\"" + text + "\" has no port number at its end");
    }
    return Integer.parseInt(digits);
  }

  /// Whether only this machine can reach it.
  public boolean isLoopback() {
    return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
