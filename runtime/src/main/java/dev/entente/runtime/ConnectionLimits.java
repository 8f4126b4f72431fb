package dev.entente.runtime;

import java.time.Duration;

/// How many connections a listener has room for, and how long one may do nothing.
///
/// @param connectionsMax open at once, all together
/// @param anonymousMax of these, how many of peers that finished their handshake and showed no
///   certificate: while they fill their part, those that do still come in
/// @param perPeerMax open at once by one peer: a user on a Unix socket; elsewhere an
///   [address][AddressBlock] until the peer has shown a certificate, and then its identity
/// @param establishWithin how long a connection may take before it speaks HTTP, the TLS handshake
///   included
/// @param idleAfter how long a connection may stay without a request under way, give or take a half
public record ConnectionLimits(
    int connectionsMax,
    int anonymousMax,
    int perPeerMax,
    Duration establishWithin,
    Duration idleAfter) {
  /// A handshake is two round trips: more than this is a peer that holds a connection for nothing.
  public static final Duration ESTABLISH_WITHIN = Duration.ofSeconds(10);

  /// Connecting again costs little; a descriptor, some kilobytes and a place are freed.
  public static final Duration IDLE_AFTER = Duration.ofMinutes(2);

  public ConnectionLimits {
    if (connectionsMax < 1 || anonymousMax < 1 || perPeerMax < 1) {
      throw new IllegalArgumentException("a connection limit is not positive");
    }
    if (!establishWithin.isPositive() || !idleAfter.isPositive()) {
      throw new IllegalArgumentException("a connection's time limit is not positive");
    }
  }

  /// Limits of a listener on which nobody proves more than the kernel says, or nothing.
  public static ConnectionLimits of(int connectionsMax, int perPeerMax) {
    return new ConnectionLimits(
        connectionsMax, connectionsMax, perPeerMax, ESTABLISH_WITHIN, IDLE_AFTER);
  }

  /// Limits of a listener whose peers may show a certificate: half of the places are for these.
  public static ConnectionLimits withCertificates(int connectionsMax, int perPeerMax) {
    return new ConnectionLimits(
        connectionsMax, Math.max(1, connectionsMax / 2), perPeerMax, ESTABLISH_WITHIN, IDLE_AFTER);
  }

  /// Whether peers may show a certificate, so that one can be told from another behind one address.
  boolean areWithCertificates() {
    return anonymousMax < connectionsMax;
  }

  /// These limits with other times.
  public ConnectionLimits within(Duration establish, Duration idle) {
    return new ConnectionLimits(connectionsMax, anonymousMax, perPeerMax, establish, idle);
  }
}
