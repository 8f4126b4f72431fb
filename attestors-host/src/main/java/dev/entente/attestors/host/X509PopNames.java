package dev.entente.attestors.host;

import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;

/// The names SPIRE takes from an `x509pop` certificate, for ids and selectors.
final class X509PopNames {
  private static final int SAN_URI = 6;
  private static final String SAN_SCHEME = "x509pop";

  private X509PopNames() {}

  /// Lower-case hex SHA-1 of the certificate.
  static String fingerprint(X509Certificate certificate) {
    try {
      var sha1 = MessageDigest.getInstance("SHA-1");
      return HexFormat.of().formatHex(sha1.digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a parsed certificate has an encoding", e);
    }
  }

  /// The serial number in hex, whole bytes, most significant first.
  static String serialNumberHex(X509Certificate certificate) {
    var hex = certificate.getSerialNumber().toString(16);
    return hex.length() % 2 == 0 ? hex : "0" + hex;
  }

  /// The last common name of the subject, as Go reads it; empty if there is none.
  static Optional<String> commonName(X509Certificate certificate) {
    var names = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return Stream.of(names.getRDNs(BCStyle.CN))
        .map(rdn -> IETFUtils.valueToString(rdn.getFirst().getValue()))
        .filter(name -> !name.isEmpty())
        .reduce((_, last) -> last);
  }

  /// `san:<key>:<value>` for each URI name `x509pop://<trust domain>/<key>/<value>`.
  static List<String> sanSelectors(X509Certificate certificate, TrustDomain trustDomain) {
    var selectors = new ArrayList<String>();
    try {
      var names = certificate.getSubjectAlternativeNames();
      if (names == null) {
        return selectors;
      }
      for (var name : names) {
        if (Integer.valueOf(SAN_URI).equals(name.get(0))) {
          sanSelector(String.valueOf(name.get(1)), trustDomain).ifPresent(selectors::add);
        }
      }
    } catch (CertificateParsingException _) {
      // A name nobody can read proves nothing, and the chain was judged without it.
    }
    return selectors;
  }

  private static Optional<String> sanSelector(String text, TrustDomain trustDomain) {
    var prefix = SAN_SCHEME + "://" + trustDomain + "/";
    if (!text.startsWith(prefix)) {
      return Optional.empty();
    }
    var path = URI.create(text).getPath().substring(1);
    int slash = path.indexOf('/');
    if (slash <= 0 || slash == path.length() - 1) {
      return Optional.empty();
    }
    return Optional.of("san:" + path.substring(0, slash) + ":" + path.substring(slash + 1));
  }
}
