package dev.entente.testkit;

import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.X509Svid;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;

/// A certificate made for a test, with its key and the intermediates above it.
///
/// @param chain the certificate itself first, the root left out
/// @param keyPair the key of the first certificate
public record TestSvid(List<X509Certificate> chain, KeyPair keyPair) {
  /// Copies the chain.
  public TestSvid {
    chain = List.copyOf(chain);
  }

  /// The certificate itself.
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /// The DER of each certificate, the leaf's first.
  public List<byte[]> chainDer() {
    return chain.stream().map(Certificates::der).toList();
  }

  /// The chain as the product knows it; fails for a certificate that is no SPIFFE leaf.
  public X509Svid svid() {
    return X509Svid.of(chain);
  }
}
