package dev.entente.attestors.aws;

import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.SignedMessage;
import dev.entente.attestors.aws.IdentityCertificates.Regional;
import java.time.Instant;

/// The content of a PKCS#7 message that a certificate of the set has signed.
///
/// The signer is looked up in our own set, by the name the signature gives it; certificates inside
/// the message are never used, and a foreign one refuses the message. What is handed on is the
/// content that was verified, and which region's certificate did it: nothing outside it is read.
///
/// @param region the region of the certificate that verified the signature
/// @param content the signed bytes
record SignedDocument(String region, byte[] content) {
  /// Verifies `rsa2048`, the base64 text of the message, at the time `now`.
  static SignedDocument verify(String rsa2048, IdentityCertificates certificates, Instant now)
      throws Refusal {
    var message = SignedMessage.read(rsa2048);
    var regional = certificate(message.signer(), certificates);
    for (var theirs : message.certificates()) {
      Refusal.unless(
          theirs.equals(regional.certificate()),
          "foreign-certificate",
          "the message brings " + theirs.getSubjectX500Principal());
    }
    requireValid(regional, now);
    return new SignedDocument(regional.region(), message.contentSignedBy(regional.certificate()));
  }

  private static Regional certificate(
      SignedMessage.SignerName signer, IdentityCertificates certificates) throws Refusal {
    return certificates
        .named(signer.issuer(), signer.serialNumber())
        .orElseThrow(() ->
            new Refusal(
                "unknown-signer",
                "no region's certificate has serial number " + signer.serialNumber().toString(16)));
  }

  private static void requireValid(Regional regional, Instant now) throws Refusal {
    var certificate = regional.certificate();
    Refusal.unless(
        !now.isBefore(certificate.getNotBefore().toInstant())
            && !now.isAfter(certificate.getNotAfter().toInstant()),
        "certificate-not-valid-now",
        regional.region() + "'s is valid until " + certificate.getNotAfter().toInstant());
  }
}
