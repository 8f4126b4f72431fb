package dev.entente.rpc;

import io.vertx.core.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;

/// A peer on TCP. Its chain has passed the listener's trust manager.
///
/// @param chain leaf first; empty if the peer showed no certificate
/// @param address where the peer connects from
public record TlsPeer(List<X509Certificate> chain, SocketAddress address) implements Peer {
  public TlsPeer {
    chain = List.copyOf(chain);
  }

  /// Whether the peer proved who it is.
  public boolean isAuthenticated() {
    return !chain.isEmpty();
  }
}
