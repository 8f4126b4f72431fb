package dev.entente.rpc;

import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.X509TrustManager;

/// A server on TCP, and how both sides prove themselves.
///
/// @param host name or address; a name is sent in the handshake
/// @param port TCP port
/// @param ip the address to connect to, where the caller has resolved `host` itself
/// @param serverTrust checks the server's chain, and that it is the one meant: host names are not
///   looked at
/// @param identity the SVID to show; asked at every handshake. Empty shows none
public record TlsTarget(
    String host,
    int port,
    Optional<String> ip,
    X509TrustManager serverTrust,
    Supplier<Optional<TlsIdentity>> identity) {
  /// A server whose name is resolved at each connection.
  public TlsTarget(
      String host,
      int port,
      X509TrustManager serverTrust,
      Supplier<Optional<TlsIdentity>> identity) {
    this(host, port, Optional.empty(), serverTrust, identity);
  }
}
