package dev.entente.cli;

import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/// A certificate in words; it judges nothing.
final class CertificateText {
  private static final int TYPE_DNS = 2;
  private static final int TYPE_URI = 6;
  private static final int NO_CA = -1;

  private CertificateText() {}

  static Map<String, String> fields(X509Certificate certificate, Instant now) {
    var fields = new LinkedHashMap<String, String>();
    var authority = certificate.getBasicConstraints() != NO_CA;
    fields.put("kind", authority ? "CA certificate" : "certificate");
    fields.put("uris", String.join("\n", names(certificate, TYPE_URI)));
    var dnsNames = names(certificate, TYPE_DNS);
    if (!dnsNames.isEmpty()) {
      fields.put("dns names", String.join("\n", dnsNames));
    }
    fields.put("subject", name(certificate.getSubjectX500Principal()));
    fields.put("issuer", name(certificate.getIssuerX500Principal()));
    fields.put("serial", certificate.getSerialNumber().toString(16));
    fields.put("begins", Values.time(certificate.getNotBefore().toInstant().getEpochSecond(), now));
    fields.put("expires", Values.time(certificate.getNotAfter().toInstant().getEpochSecond(), now));
    fields.put("key", key(certificate.getPublicKey()));
    fields.put("key usage", String.join(" ", usages(certificate)));
    return fields;
  }

  /// X.520's serialNumber stands in every CA name of ours; the JDK knows it by number only.
  private static String name(X500Principal principal) {
    return principal.getName(X500Principal.RFC1779, Map.of("2.5.4.5", "SERIALNUMBER"));
  }

  static String key(PublicKey key) {
    return switch (key) {
      case ECPublicKey ec -> "EC " + ec.getParams().getCurve().getField().getFieldSize() + " bits";
      case RSAPublicKey rsa -> "RSA " + rsa.getModulus().bitLength() + " bits";
      case PublicKey other -> other.getAlgorithm();
    };
  }

  private static List<String> names(X509Certificate certificate, int type) {
    try {
      return Optional.ofNullable(certificate.getSubjectAlternativeNames())
          .orElse(List.of())
          .stream()
          .filter(name -> Integer.valueOf(type).equals(name.get(0)))
          .map(name -> String.valueOf(name.get(1)))
          .toList();
    } catch (CertificateParsingException e) {
      return List.of("unreadable: " + e.getMessage());
    }
  }

  private static List<String> usages(X509Certificate certificate) {
    var names =
        List.of(
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly");
    var bits = Optional.ofNullable(certificate.getKeyUsage()).orElse(new boolean[0]);
    var usages = new ArrayList<String>();
    for (var i = 0; i < Math.min(bits.length, names.size()); i++) {
      if (bits[i]) {
        usages.add(names.get(i));
      }
    }
    return usages;
  }
}
