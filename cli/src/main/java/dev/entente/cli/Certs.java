package dev.entente.cli;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/// Certificates in the forms in which they arrive.
final class Certs {
  private Certs() {}

  /// Certificates one after the other, as the Workload API sends bundles.
  static List<X509Certificate> ofConcatenatedDer(byte[] der) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(der))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException e) {
      throw Failure.failed("certificates could not be read", String.valueOf(e.getMessage()));
    }
  }
}
