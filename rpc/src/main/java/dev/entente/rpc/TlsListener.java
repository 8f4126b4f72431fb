package dev.entente.rpc;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.X509TrustManager;

/// Where to listen on TCP, and as whom.
///
/// @param host address or name to bind
/// @param port 0 for any free one
/// @param identity the SVID to show; asked at every handshake. While empty, handshakes fail
/// @param clientTrust checks a client's chain, if it shows one; it must not block for long
/// @param connectionAge how long a connection lives, give or take a fifth; then it is asked to go
/// @param eventLoops over how many event loops connections are spread; 1 when `port` is 0
public record TlsListener(
    String host,
    int port,
    Supplier<Optional<TlsIdentity>> identity,
    X509TrustManager clientTrust,
    Duration connectionAge,
    int eventLoops) {

  /// Three minutes, as SPIRE's server: clients spread over brokers again, and stale ones show up.
  public static final Duration DEFAULT_CONNECTION_AGE = Duration.ofMinutes(3);

  public TlsListener {
    if (connectionAge.isNegative() || connectionAge.isZero()) {
      throw new IllegalArgumentException("connection age not positive: " + connectionAge);
    }
    if (eventLoops < 1) {
      throw new IllegalArgumentException("event loops not positive: " + eventLoops);
    }
  }

  /// Makes one with the default age, on one event loop.
  public TlsListener(
      String host,
      int port,
      Supplier<Optional<TlsIdentity>> identity,
      X509TrustManager clientTrust) {
    this(host, port, identity, clientTrust, DEFAULT_CONNECTION_AGE, 1);
  }

  /// As whom to serve, and whom to let in.
  TlsTerms tls() {
    return new TlsTerms(identity, clientTrust);
  }
}
