package dev.entente.attestor.spi;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Collection;
import java.util.Set;

/// With which algorithms the certificates of evidence may be signed: RSA (PKCS#1 v1.5 and PSS) and
/// ECDSA over SHA-256, SHA-384 or SHA-512, and EdDSA.
///
/// Path validation of the JDK refuses SHA-1 only below the authorities that the JDK itself comes
/// with, so that whoever makes two certificates with one SHA-1 digest could have the harmless one
/// signed by a configured authority, and show the other.
public final class CertificateSignatures {
  /// Name of the check.
  public static final String WEAK_DIGEST = "weak-digest";

  private static final String PSS = "1.2.840.113549.1.1.10";

  private static final Set<String> STRONG =
      Set.of(
          "1.2.840.113549.1.1.11", // RSA, SHA-256
          "1.2.840.113549.1.1.12", // RSA, SHA-384
          "1.2.840.113549.1.1.13", // RSA, SHA-512
          "1.2.840.10045.4.3.2", // ECDSA, SHA-256
          "1.2.840.10045.4.3.3", // ECDSA, SHA-384
          "1.2.840.10045.4.3.4", // ECDSA, SHA-512
          "1.3.101.112", // Ed25519
          "1.3.101.113"); // Ed448

  private static final Set<String> SHA_2 = Set.of("SHA-256", "SHA-384", "SHA-512");

  private CertificateSignatures() {}

  /// Refuses a certificate that is signed with anything else. What an operator trusts for itself, a
  /// root, need not be asked: nobody verifies its signature.
  public static void requireStrong(Collection<X509Certificate> certificates) throws Refusal {
    for (var certificate : certificates) {
      Refusal.unless(
          isStrong(certificate),
          WEAK_DIGEST,
          certificate.getSubjectX500Principal() + " is signed with " + certificate.getSigAlgName());
    }
  }

  private static boolean isStrong(X509Certificate certificate) {
    var oid = certificate.getSigAlgOID();
    return STRONG.contains(oid) || (oid.equals(PSS) && isStrongPss(certificate.getSigAlgParams()));
  }

  /// Both digests count, and what is left out is SHA-1 (RFC 4055 §3.1).
  private static boolean isStrongPss(byte[] encoded) {
    if (encoded == null) {
      return false;
    }
    try {
      var parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
      parameters.init(encoded);
      var pss = parameters.getParameterSpec(PSSParameterSpec.class);
      return SHA_2.contains(pss.getDigestAlgorithm())
          && pss.getMGFParameters() instanceof MGF1ParameterSpec mask
          && SHA_2.contains(mask.getDigestAlgorithm());
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }
}
