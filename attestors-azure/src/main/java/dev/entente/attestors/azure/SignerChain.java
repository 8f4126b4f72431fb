package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.CertificateSignatures;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.KeyAlgorithm;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Decides whether the certificate that signed a document is the metadata service's.
///
/// It is, if it is for a name of the service and leads over one other certificate to a root. No
/// path is built: there is one candidate, and path validation is RFC 5280's, by the JDK, which does
/// not look at an anchor's own validity.
final class SignerChain {
  private static final Integer DNS_NAME = 2;

  private final Set<String> domains;
  private final Set<TrustAnchor> roots;
  private final IssuerCertificates issuers;

  /// @param domains in lower case; a signer is for one of them or for a name under it
  SignerChain(Set<String> domains, Collection<X509Certificate> roots, IssuerCertificates issuers) {
    this.domains = Set.copyOf(domains);
    this.roots =
        roots.stream()
            .map(root -> new TrustAnchor(root, null))
            .collect(Collectors.toUnmodifiableSet());
    this.issuers = issuers;
  }

  /// Refuses a key that would cost too much to verify with, or proves too little.
  static void requireUsableKey(X509Certificate signer) throws Refusal {
    var key = signer.getPublicKey();
    Refusal.unless(
        key instanceof RSAPublicKey && KeyAlgorithm.isAcceptable(key),
        "weak-key",
        "the signer's key is not RSA of 2048 to 4096 bits");
  }

  /// Refuses unless the signer is the metadata service.
  ///
  /// @param bag the certificates that came with the document
  void require(X509Certificate signer, List<X509Certificate> bag, Instant now)
      throws Refusal, AttestationFault {
    Refusal.unless(isForTheService(signer), "wrong-name", "the signer is for none of " + domains);
    CertificateSignatures.requireStrong(List.of(signer));
    var issuer = issuers.above(signer, now);
    CertificateSignatures.requireStrong(List.of(issuer));
    for (var other : bag) {
      Refusal.unless(
          other.equals(signer) || other.equals(issuer),
          "foreign-certificate",
          "the message brings " + other.getSubjectX500Principal());
    }
    requirePath(List.of(signer, issuer), Date.from(now));
    issuers.keep(signer, issuer);
  }

  private boolean isForTheService(X509Certificate signer) throws Refusal {
    try {
      var names = signer.getSubjectAlternativeNames();
      return names != null
          && names.stream()
              .filter(name -> DNS_NAME.equals(name.get(0)))
              .map(name -> String.valueOf(name.get(1)).toLowerCase(Locale.ROOT))
              .anyMatch(this::isWithin);
    } catch (CertificateParsingException e) {
      throw new Refusal("wrong-name", "the signer's names cannot be read: " + e.getMessage());
    }
  }

  private boolean isWithin(String name) {
    return domains.stream().anyMatch(it -> name.equals(it) || name.endsWith("." + it));
  }

  private void requirePath(List<X509Certificate> certificates, Date now) throws Refusal {
    try {
      var path = CertificateFactory.getInstance("X.509").generateCertPath(certificates);
      var parameters = new PKIXParameters(roots);
      parameters.setRevocationEnabled(false);
      parameters.setDate(now);
      var result =
          (PKIXCertPathValidatorResult)
              CertPathValidator.getInstance("PKIX").validate(path, parameters);
      result.getTrustAnchor().getTrustedCert().checkValidity(now);
    } catch (GeneralSecurityException e) {
      throw new Refusal("untrusted-chain", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // The JDK's of some names it compares with constraints, before it looks at any signature.
      throw new Refusal("untrusted-chain", "path validation failed: " + e);
    }
  }
}
