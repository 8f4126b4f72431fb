package dev.entente.attestors.host;

import dev.entente.spiffe.TrustDomain;
import java.net.InetAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.ASN1UniversalString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/// The names SPIRE takes from an `x509pop` certificate, for ids and selectors.
final class X509PopNames {
  private static final int SAN_URI = 6;
  private static final int SAN_ADDRESS = 7;
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
    return commonName(certificate.getSubjectX500Principal());
  }

  /// The last common name, as Go reads it; empty if there is none. Several attributes may share one
  /// relative name: only that of a common name's type is one.
  static Optional<String> commonName(X500Principal principal) {
    var names = X500Name.getInstance(principal.getEncoded());
    return Stream.of(names.getRDNs(BCStyle.CN))
        .flatMap(rdn -> Stream.of(rdn.getTypesAndValues()))
        .filter(attribute -> attribute.getType().equals(BCStyle.CN))
        .map(attribute -> text(attribute.getValue()))
        .filter(name -> !name.isEmpty())
        .reduce((_, last) -> last);
  }

  /// Without the escapes that a distinguished name in text would need.
  private static String text(ASN1Encodable value) {
    return value instanceof ASN1String text
            && !(value instanceof ASN1BitString || value instanceof ASN1UniversalString)
        ? text.getString()
        : "";
  }

  /// Value by key of each URI name `x509pop://<trust domain>/<key>/<value>`; of several with one
  /// key the last counts, as in SPIRE.
  static Map<String, String> uriNames(X509Certificate certificate, TrustDomain trustDomain) {
    var found = new LinkedHashMap<String, String>();
    var prefix = SAN_SCHEME + "://" + trustDomain + "/";
    for (var name : names(certificate, SAN_URI)) {
      if (name.startsWith(prefix)) {
        var parts = URI.create(name).getPath().substring(1).split("/", 2);
        if (parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty()) {
          found.put(parts[0], parts[1]);
        }
      }
    }
    return found;
  }

  /// Whether the certificate names that IP address.
  static boolean namesAddress(X509Certificate certificate, String address) {
    var wanted = InetAddress.ofLiteral(address);
    return names(certificate, SAN_ADDRESS).stream()
        .map(InetAddress::ofLiteral)
        .anyMatch(wanted::equals);
  }

  /// A name nobody can read proves nothing, and the chain was judged without it.
  private static List<String> names(X509Certificate certificate, int kind) {
    try {
      return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .filter(name -> Integer.valueOf(kind).equals(name.get(0)))
          .map(name -> String.valueOf(name.get(1)))
          .toList();
    } catch (CertificateParsingException _) {
      return List.of();
    }
  }
}
