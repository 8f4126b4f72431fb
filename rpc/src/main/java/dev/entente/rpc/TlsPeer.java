package dev.entente.rpc;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Svid;
import io.vertx.core.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/// A peer on TCP. Its chain has passed the listener's trust manager.
///
/// @param chain leaf first; empty if the peer showed no certificate
/// @param address where the peer connects from
public record TlsPeer(List<X509Certificate> chain, SocketAddress address) implements Peer {
  public TlsPeer {
    chain = List.copyOf(chain);
  }

  /// The id in the leaf; empty without a chain, and for a leaf that names none, which a trust
  /// manager for other certificates may have let in.
  public Optional<SpiffeId> spiffeId() {
    try {
      return chain.isEmpty() ? Optional.empty() : Optional.of(X509Svid.of(chain).id());
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// Whether the peer proved who it is.
  public boolean isAuthenticated() {
    return !chain.isEmpty();
  }
}
