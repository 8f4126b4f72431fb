package dev.entente.attestors.host;

import dev.entente.attestor.spi.CertificateSignatures;
import dev.entente.attestor.spi.Refusal;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.Pem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Validates a certificate chain, in the order the node sent it, up to a configured authority.
///
/// No path is built: a builder searches, and a search over a stranger's certificates can be made to
/// last. Path validation is RFC 5280's, by the JDK. It looks neither at an anchor's own validity
/// nor at its constraints, so the first is checked here and an authority with name constraints is
/// refused when the configuration is read.
final class X509PopChain {
  private static final String NAME_CONSTRAINTS_OID = "2.5.29.30";
  private static final int KEY_USAGE_KEY_CERT_SIGN = 5;

  private final Set<TrustAnchor> anchors;
  private final InstantSource clock;

  X509PopChain(List<X509Certificate> authorities, InstantSource clock) {
    this.anchors =
        authorities.stream()
            .map(a -> new TrustAnchor(a, null))
            .collect(Collectors.toUnmodifiableSet());
    this.clock = clock;
  }

  /// Reads certificates; nothing is checked of them.
  static List<X509Certificate> parse(List<byte[]> ders) throws CertificateException {
    var factory = CertificateFactory.getInstance("X.509");
    var certificates = new ArrayList<X509Certificate>();
    for (byte[] der : ders) {
      var certificate =
          (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
      // The factory stops at the end of the certificate; what follows would be unsigned passengers.
      if (!Arrays.equals(certificate.getEncoded(), der)) {
        throw new CertificateException("not exactly one DER certificate");
      }
      certificates.add(certificate);
    }
    return certificates;
  }

  X509PopTrusted validate(List<X509Certificate> sent) throws Refusal {
    return validate(sent, "chain");
  }

  /// @param whose what refusals end or begin with: `untrusted-devid`, `devid-expired`
  X509PopTrusted validate(List<X509Certificate> sent, String whose) throws Refusal {
    CertificateSignatures.requireStrong(withoutAnchor(sent));
    try {
      var now = Date.from(clock.instant());
      var path = CertificateFactory.getInstance("X.509").generateCertPath(withoutAnchor(sent));
      var parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(now);
      var result =
          (PKIXCertPathValidatorResult)
              CertPathValidator.getInstance("PKIX").validate(path, parameters);
      var anchor = result.getTrustAnchor().getTrustedCert();
      anchor.checkValidity(now);
      var chain = new ArrayList<>(withoutAnchor(sent));
      chain.add(anchor);
      return new X509PopTrusted(chain, Optional.empty(), "");
    } catch (GeneralSecurityException e) {
      throw new Refusal(check(e, whose), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // The JDK's of some names it compares with constraints, before it looks at any signature.
      throw new Refusal("untrusted-" + whose, "path validation failed: " + e);
    }
  }

  private static String check(GeneralSecurityException e, String whose) {
    var reason = e instanceof CertPathValidatorException path ? path.getReason() : null;
    if (reason == BasicReason.EXPIRED || e instanceof CertificateExpiredException) {
      return whose + "-expired";
    }
    if (reason == BasicReason.NOT_YET_VALID || e instanceof CertificateNotYetValidException) {
      return whose + "-not-yet-valid";
    }
    return "untrusted-" + whose;
  }

  /// Some peers send the root along; it proves nothing, and a path must not contain its anchor.
  private List<X509Certificate> withoutAnchor(List<X509Certificate> sent) {
    boolean rootSent =
        sent.size() > 1
            && anchors.stream().anyMatch(a -> sent.getLast().equals(a.getTrustedCert()));
    return rootSent ? sent.subList(0, sent.size() - 1) : sent;
  }

  /// Reads PEM authorities.
  ///
  /// @throws IllegalArgumentException if the file cannot be read, or one of them is no authority
  static List<X509Certificate> readAuthorities(Path file) {
    List<X509Certificate> authorities;
    try {
      authorities = Pem.certificates(BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "authorities not read from " + file + ": " + Causes.of(e), e);
    }
    for (var authority : authorities) {
      var name = authority.getSubjectX500Principal().getName();
      var usage = authority.getKeyUsage();
      if (authority.getBasicConstraints() < 0
          || (usage != null && !usage[KEY_USAGE_KEY_CERT_SIGN])) {
        throw new IllegalArgumentException(file + ": \"" + name + "\" may not sign certificates");
      }
      if (authority.getExtensionValue(NAME_CONSTRAINTS_OID) != null) {
        throw new IllegalArgumentException(
            file + ": \"" + name + "\" has name constraints, which would not be applied");
      }
    }
    return authorities;
  }
}
