package dev.entente.spiffe;

import java.security.cert.CertificateException;

/// A TLS peer's chain was refused; the handshake ends.
public final class SvidRefusedException extends CertificateException {
  private final X509Verdict.Refused refused;

  SvidRefusedException(X509Verdict.Refused refused) {
    super("X509-SVID refused: " + refused.reason() + ": " + refused.detail());
    this.refused = refused;
  }

  /// Which rule said no, and why.
  public X509Verdict.Refused refused() {
    return refused;
  }
}
