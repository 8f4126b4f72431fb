package dev.entente.attestors.host;

import dev.entente.spiffe.SpiffeId;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/// A chain that leads to an authority; nothing is proved yet about who shows it.
///
/// @param chain leaf first, the authority last
/// @param svidId whose X.509-SVID the leaf is, if it had to be one
/// @param svidPath what follows the prefix in the path of that id; empty without one
record X509PopTrusted(List<X509Certificate> chain, Optional<SpiffeId> svidId, String svidPath) {
  X509PopTrusted {
    chain = List.copyOf(chain);
  }

  X509Certificate leaf() {
    return chain.getFirst();
  }

  /// All but the leaf, none twice.
  List<X509Certificate> authorities() {
    return chain.stream().skip(1).distinct().toList();
  }
}
