package dev.entente.broker.authority;

import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// Makes the certificates of X.509 authorities.
final class AuthorityCertificates {
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
}
