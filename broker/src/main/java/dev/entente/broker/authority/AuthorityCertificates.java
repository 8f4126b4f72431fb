package dev.entente.broker.authority;

import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// Makes the certificates of X.509 authorities.
final class AuthorityCertificates {
  /// The kind of a URI among alternative names (RFC 5280 §4.2.1.6).
  private static final int URI_NAME = 6;

  private AuthorityCertificates() {}

  /// A self-signed signing certificate in SPIRE's shape: the subject carries the serial number too,
  /// so that two authorities never share a name, and the only SAN is the trust domain's own id
  /// (X509-SVID §3.2).
  static byte[] selfSigned(
      TrustDomain trustDomain,
      SubjectName subject,
      SigningKey key,
      BigInteger serial,
      Instant now,
      Duration ttl) {
    var name = subject.withOnly(SubjectName.Attribute.SERIAL_NUMBER, serial.toString()).toDer();
    var start = now.truncatedTo(ChronoUnit.SECONDS);
    var variables =
        new CertificateTemplate.Variables(
            serial,
            start.minus(X509Profile.BACKDATE),
            start.plus(ttl).truncatedTo(ChronoUnit.SECONDS),
            name,
            key.publicKey(),
            trustDomain.id().toString(),
            List.of());
    return CertificateTemplate.forSelfSigned(SignatureScheme.forCertificates(key.algorithm()), name)
        .sign(variables, key);
  }

  /// Checks that a certificate may sign SVIDs of `trustDomain`: its SPIFFE ID, if it has one, is
  /// that trust domain's own, without a path (X509-SVID §3.2).
  ///
  /// @throws IllegalArgumentException saying which id it has
  static X509Certificate forDomain(TrustDomain trustDomain, X509Certificate certificate) {
    for (var uri : uris(certificate)) {
      if (!uri.equals(trustDomain.id().toString())) {
        throw new IllegalArgumentException(
            "signing certificate refused: it is of \"" + uri + "\", not of " + trustDomain.id());
      }
    }
    return certificate;
  }

  /// Checks that a certificate has the SPIFFE ID of `trustDomain`, and no other URI name.
  ///
  /// @throws IllegalArgumentException saying which names it has
  static void requireOf(TrustDomain trustDomain, X509Certificate certificate) {
    var uris = uris(certificate);
    if (!uris.equals(List.of(trustDomain.id().toString()))) {
      throw new IllegalArgumentException(
          "signing certificate refused: its URI names are " + uris + ", not " + trustDomain.id());
    }
  }

  private static List<String> uris(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> name.getFirst().equals(URI_NAME))
              .map(name -> String.valueOf(name.getLast()))
              .toList();
    } catch (CertificateParsingException e) {
      throw new IllegalArgumentException("names of a signing certificate not read", e);
    }
  }
}
