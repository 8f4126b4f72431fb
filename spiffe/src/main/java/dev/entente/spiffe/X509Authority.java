package dev.entente.spiffe;

import java.security.cert.X509Certificate;
import java.util.HexFormat;

/// A certificate whose key may sign X509-SVIDs of the trust domain in whose bundle it stands.
///
/// @param certificate the CA certificate, usually self-signed (X509-SVID §6.1)
/// @param tainted whether it is to be left: it still verifies, but what it signed is replaced early
public record X509Authority(X509Certificate certificate, boolean tainted) {
  /// Refuses a certificate that our strict reading refuses; whether it may issue is judged when a
  /// chain leads to it.
  public X509Authority {
    CertificateFields.of(certificate);
  }

  /// An authority that is not tainted.
  public static X509Authority of(X509Certificate certificate) {
    return new X509Authority(certificate, false);
  }

  /// The subject key identifier in lower-case hex, the authority's id. A certificate without the
  /// extension gets the one RFC 5280 §4.2.1.2 (1) would have put there.
  public String subjectKeyId() {
    var keyId =
        Extensions.subjectKeyId(CertificateFields.of(certificate))
            .orElseGet(() -> PublicKeys.keyIdentifier(certificate.getPublicKey()));
    return HexFormat.of().formatHex(keyId);
  }

  /// The same authority, tainted or not.
  public X509Authority withTainted(boolean nowTainted) {
    return new X509Authority(certificate, nowTainted);
  }
}
