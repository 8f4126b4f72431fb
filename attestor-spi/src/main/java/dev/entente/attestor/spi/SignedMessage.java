package dev.entente.attestor.spi;

import dev.entente.spiffe.Certificates;
import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
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

/// A PKCS#7 message (RFC 5652) with exactly one signer, in which a cloud wraps what it says of a
/// machine.
///
/// Who the signer is, is for the caller to find out: by the name the message gives it, in a set of
/// the caller's own or among the certificates of the message. The content can be had only from
/// [#contentSignedBy], which verifies it with that certificate and nothing else.
///
/// The one class here that needs Bouncy Castle: an agent never loads it.
public final class SignedMessage {
  /// About 2,000 characters in practice, 4,000 with a certificate.
  private static final int BASE64_MAX_CHARS = 16 * 1024;

  private static final Set<String> DIGESTS =
      Set.of(
          NISTObjectIdentifiers.id_sha256.getId(),
          NISTObjectIdentifiers.id_sha384.getId(),
          NISTObjectIdentifiers.id_sha512.getId());

  private static final Set<String> SIGNATURE_ALGORITHMS =
      Set.of(
          PKCSObjectIdentifiers.rsaEncryption.getId(),
          PKCSObjectIdentifiers.sha256WithRSAEncryption.getId(),
          PKCSObjectIdentifiers.sha384WithRSAEncryption.getId(),
          PKCSObjectIdentifiers.sha512WithRSAEncryption.getId());

  private final CMSSignedData message;
  private final SignerInformation signer;
  private final SignerName name;

  private SignedMessage(CMSSignedData message, SignerInformation signer, SignerName name) {
    this.message = message;
    this.signer = signer;
    this.name = name;
  }

  /// How a message names its signer.
  public record SignerName(X500Principal issuer, BigInteger serialNumber) {
    /// Whether that certificate is the one named.
    public boolean isOf(X509Certificate certificate) {
      return certificate.getIssuerX500Principal().equals(issuer)
          && certificate.getSerialNumber().equals(serialNumber);
    }
  }

  /// Reads the base64 text of a message: one value of a sane shape, at most 16 Ki characters.
  public static SignedMessage read(String base64) throws Refusal {
    byte[] ber = decode(base64);
    BerShape.check(ber);
    try {
      var message = new CMSSignedData(ContentInfo.getInstance(ASN1Primitive.fromByteArray(ber)));
      var signer = onlySigner(message.getSignerInfos().getSigners());
      return new SignedMessage(message, signer, name(signer));
    } catch (IOException | CMSException | RuntimeException e) {
      // Bouncy Castle answers some malformed messages with exceptions of any kind.
      throw new Refusal("malformed-signature", "not a PKCS#7 message: " + e);
    }
  }

  private static byte[] decode(String base64) throws Refusal {
    Refusal.unless(!base64.isEmpty(), "no-signature", "the node sent no signature");
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

  private static SignerInformation onlySigner(Collection<SignerInformation> signers)
      throws Refusal {
    Refusal.unless(!signers.isEmpty(), "no-signer", "nobody signed the message");
    Refusal.unless(signers.size() == 1, "several-signers", signers.size() + " signers");
    return signers.iterator().next();
  }

  private static SignerName name(SignerInformation signer) throws IOException, Refusal {
    var sid = signer.getSID();
    Refusal.unless(
        sid.getIssuer() != null && sid.getSerialNumber() != null,
        "unknown-signer",
        "the signer is not named by issuer and serial number");
    return new SignerName(new X500Principal(sid.getIssuer().getEncoded()), sid.getSerialNumber());
  }

  /// The certificate whose holder claims to have signed.
  public SignerName signer() {
    return name;
  }

  /// The certificates that came with the message, in no order; anybody may have put them there.
  public List<X509Certificate> certificates() throws Refusal {
    var certificates = new ArrayList<X509Certificate>();
    try {
      for (X509CertificateHolder holder : message.getCertificates().getMatches(null)) {
        certificates.add(Certificates.parse(holder.getEncoded()));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new Refusal("malformed-signature", "a certificate is none: " + e.getMessage());
    }
    return List.copyOf(certificates);
  }

  /// The bytes this certificate's key has signed: data inside the message, by RSA over a digest of
  /// the SHA-2 family.
  public byte[] contentSignedBy(X509Certificate certificate) throws Refusal {
    Refusal.unless(
        DIGESTS.contains(signer.getDigestAlgOID())
            && SIGNATURE_ALGORITHMS.contains(signer.getEncryptionAlgOID()),
        "algorithm-not-allowed",
        signer.getDigestAlgOID() + " with " + signer.getEncryptionAlgOID());
    var content = message.getSignedContent();
    Refusal.unless(content != null, "no-content", "the message does not hold what was signed");
    Refusal.unless(
        CMSObjectIdentifiers.data.equals(content.getContentType()),
        "content-type",
        "signed is " + content.getContentType());
    Refusal.unless(
        isSignedBy(certificate),
        "wrong-signature",
        "not signed by the holder of serial number " + name.serialNumber().toString(16));
    return ((byte[]) content.getContent()).clone();
  }

  private boolean isSignedBy(X509Certificate certificate) throws Refusal {
    try {
      return signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build(certificate));
    } catch (CMSException | OperatorCreationException | RuntimeException e) {
      throw new Refusal("wrong-signature", String.valueOf(e.getMessage()));
    }
  }
}
