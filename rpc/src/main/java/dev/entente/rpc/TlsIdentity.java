package dev.entente.rpc;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/// A key with the chain that speaks for it.
///
/// @param key never printed
/// @param chain leaf first, without the root
public record TlsIdentity(PrivateKey key, List<X509Certificate> chain) {
  public TlsIdentity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a TLS identity needs a certificate");
    }
  }

  @Override
  public String toString() {
    return "TlsIdentity[" + chain.getFirst().getSerialNumber().toString(16) + "]";
  }
}
