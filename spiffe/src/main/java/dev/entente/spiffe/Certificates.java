package dev.entente.spiffe;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/// Turns DER into certificates and back, one way only: what our strict reading refuses never
/// becomes a certificate object.
public final class Certificates {
  private Certificates() {}

  /// Reads one certificate; nothing may follow it.
  ///
  /// @throws IllegalArgumentException if the bytes are anything else
  public static X509Certificate parse(byte[] der) {
    CertificateFields.read(der);
    try {
      var factory = CertificateFactory.getInstance("X.509");
      return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      var why = Quoted.of(String.valueOf(e.getMessage()));
      throw new MalformedException("certificate refused by the JDK: " + why, e);
    }
  }

  /// Reads certificates that follow one another without a delimiter, as the Workload API sends
  /// them.
  ///
  /// @throws IllegalArgumentException if the bytes are anything else; no bytes are no certificates
  public static List<X509Certificate> parseConcatenated(byte[] der) {
    return split(der).stream().map(Certificates::parse).toList();
  }

  /// The DER of one certificate.
  public static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new MalformedException("certificate has no encoding", e);
    }
  }

  /// The DER of all, one after the other without a delimiter.
  public static byte[] concatenate(List<X509Certificate> certificates) {
    var parts = certificates.stream().map(Certificates::der).toList();
    var joined = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    var at = 0;
    for (var part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }

  private static List<byte[]> split(byte[] der) {
    var reader = Der.of(der);
    var parts = new ArrayList<byte[]>();
    while (reader.hasMore()) {
      parts.add(reader.whole());
    }
    return parts;
  }
}
