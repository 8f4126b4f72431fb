package dev.entente.attestors.aws;

import dev.entente.attestors.aws.IdentityCertificates.Regional;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;

/// The content of a PKCS#7 message (RFC 5652) that a certificate of the set has signed.
///
/// The signer is looked up in our own set, by the name the signature gives it; certificates inside
/// the message are never used, and a foreign one refuses the message. What is handed on is the
/// content that was verified, and which region's certificate did it: nothing outside it is read.
///
/// @param region the region of the certificate that verified the signature
/// @param content the signed bytes
record SignedDocument(String region, byte[] content) {
  /// About 2,000 characters in practice.
  private static final int BASE64_MAX_CHARS = 16 * 1024;

  private static final Set<String> SIGNATURE_ALGORITHMS =
      Set.of(
          PKCSObjectIdentifiers.rsaEncryption.getId(),
          PKCSObjectIdentifiers.sha256WithRSAEncryption.getId());

  /// Verifies `rsa2048`, the base64 text of the message, at the time `now`.
  static SignedDocument verify(String rsa2048, IdentityCertificates certificates, Instant now)
      throws Refusal {
    byte[] ber = decode(rsa2048);
    BerShape.check(ber);
    try {
      return verify(ber, certificates, now);
    } catch (IOException | CMSException | RuntimeException e) {
      // Bouncy Castle answers some malformed messages with exceptions of any kind.
      throw new Refusal("malformed-signature", "not a PKCS#7 message: " + e);
    }
  }

  private static byte[] decode(String base64) throws Refusal {
    Refusal.unless(!base64.isEmpty(), "no-signature", "the node sent no rsa2048 signature");
    Refusal.unless(
        base64.length() <= BASE64_MAX_CHARS,
        "signature-too-long",
        base64.length() + " characters, at most " + BASE64_MAX_CHARS);
    try {
      return Base64.getDecoder().decode(base64.replace("\n", "").replace("\r", ""));
    } catch (IllegalArgumentException _) {
      throw new Refusal("malformed-signature", "not base64");
    }
  }

  private static SignedDocument verify(byte[] ber, IdentityCertificates certificates, Instant now)
      throws IOException, CMSException, Refusal {
    var message = new CMSSignedData(ContentInfo.getInstance(ASN1Primitive.fromByteArray(ber)));
    var signer = onlySigner(message.getSignerInfos().getSigners());
    var regional = certificate(signer, certificates);
    onlyKnownCertificates(message, regional);
    Refusal.unless(
        signer.getDigestAlgOID().equals(NISTObjectIdentifiers.id_sha256.getId())
            && SIGNATURE_ALGORITHMS.contains(signer.getEncryptionAlgOID()),
        "algorithm-not-allowed",
        signer.getDigestAlgOID() + " with " + signer.getEncryptionAlgOID());
    var content = message.getSignedContent();
    Refusal.unless(content != null, "no-content", "the message does not hold the document");
    Refusal.unless(
        CMSObjectIdentifiers.data.equals(content.getContentType()),
        "content-type",
        "signed is " + content.getContentType());
    verify(signer, regional, now);
    return new SignedDocument(regional.region(), ((byte[]) content.getContent()).clone());
  }

  private static SignerInformation onlySigner(Collection<SignerInformation> signers)
      throws Refusal {
    Refusal.unless(!signers.isEmpty(), "no-signer", "nobody signed the message");
    Refusal.unless(signers.size() == 1, "several-signers", signers.size() + " signers");
    return signers.iterator().next();
  }

  private static Regional certificate(SignerInformation signer, IdentityCertificates certificates)
      throws IOException, Refusal {
    var sid = signer.getSID();
    Refusal.unless(
        sid.getIssuer() != null && sid.getSerialNumber() != null,
        "unknown-signer",
        "the signer is not named by issuer and serial number");
    return certificates
        .named(new X500Principal(sid.getIssuer().getEncoded()), sid.getSerialNumber())
        .orElseThrow(() ->
            new Refusal(
                "unknown-signer",
                "no region's certificate has serial number " + sid.getSerialNumber().toString(16)));
  }

  private static void onlyKnownCertificates(CMSSignedData message, Regional regional)
      throws IOException, Refusal {
    byte[] ours;
    try {
      ours = regional.certificate().getEncoded();
    } catch (CertificateException e) {
      throw new IllegalStateException("a parsed certificate has an encoding", e);
    }
    for (X509CertificateHolder theirs : message.getCertificates().getMatches(null)) {
      Refusal.unless(
          Arrays.equals(theirs.getEncoded(), ours),
          "foreign-certificate",
          "the message brings " + theirs.getSubject());
    }
  }

  private static void verify(SignerInformation signer, Regional regional, Instant now)
      throws Refusal {
    var certificate = regional.certificate();
    Refusal.unless(
        !now.isBefore(certificate.getNotBefore().toInstant())
            && !now.isAfter(certificate.getNotAfter().toInstant()),
        "certificate-not-valid-now",
        regional.region() + "'s is valid until " + certificate.getNotAfter().toInstant());
    boolean good;
    try {
      good = signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build(certificate));
    } catch (CMSException | OperatorCreationException e) {
      throw new Refusal("wrong-signature", String.valueOf(e.getMessage()));
    }
    Refusal.unless(good, "wrong-signature", regional.region() + "'s certificate did not sign it");
  }
}
