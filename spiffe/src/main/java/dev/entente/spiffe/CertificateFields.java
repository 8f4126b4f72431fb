package dev.entente.spiffe;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The one strict reading of a certificate from which identity and constraints are taken.
///
/// The JDK's reading drops what it cannot parse and Bouncy Castle's reads what the JDK dropped, so
/// a chain judged by one and an identity taken by the other can be made to differ. Here every byte
/// of the certificate and of the extensions we know is consumed or the whole is refused (RFC 5280
/// §4.1). Key and signature bytes come from the same reading.
final class CertificateFields {
  /// More extensions than any real certificate has.
  private static final int MAX_EXTENSIONS = 64;

  private final byte[] tbs;
  private final byte[] signatureAlgorithm;
  private final byte[] signature;
  private final byte[] issuer;
  private final byte[] subject;
  private final Instant notBefore;
  private final Instant notAfter;
  private final byte[] publicKeyInfo;
  private final Map<String, Extension> extensions;

  /// An extension's value, still encoded.
  static final class Extension {
    private final boolean critical;
    private final byte[] value;

    Extension(boolean critical, byte[] value) {
      this.critical = critical;
      this.value = value;
    }

    boolean critical() {
      return critical;
    }

    Der value() {
      return Der.of(value);
    }
  }

  private CertificateFields(byte[] tbs, byte[] signatureAlgorithm, byte[] signature) {
    this.tbs = tbs;
    this.signatureAlgorithm = signatureAlgorithm;
    this.signature = signature;
    var outer = Der.of(tbs);
    var body = outer.enter(Der.SEQUENCE);
    requireVersion3(body);
    requireSerial(body);
    if (!Arrays.equals(body.whole(), signatureAlgorithm)) {
      throw new MalformedException("certificate names two signature algorithms");
    }
    this.issuer = name(body);
    var validity = body.enter(Der.SEQUENCE);
    this.notBefore = Asn1.time(validity);
    this.notAfter = Asn1.time(validity);
    validity.finish();
    this.subject = name(body);
    this.publicKeyInfo = body.whole();
    skipUniqueIds(body);
    this.extensions = body.hasMore() ? readExtensions(body.enter(0xa3)) : Map.of();
    body.finish();
  }

  static CertificateFields read(byte[] der) {
    var outer = Der.of(der);
    var certificate = outer.enter(Der.SEQUENCE);
    outer.finish();
    var tbs = certificate.whole();
    var algorithm = certificate.whole();
    var signature = certificate.bitString();
    certificate.finish();
    return new CertificateFields(tbs, algorithm, signature);
  }

  static CertificateFields of(X509Certificate certificate) {
    try {
      return read(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new MalformedException("certificate has no encoding", e);
    }
  }

  byte[] tbs() {
    return tbs;
  }

  /// The whole AlgorithmIdentifier, the same inside and outside what is signed.
  byte[] signatureAlgorithm() {
    return signatureAlgorithm;
  }

  byte[] signature() {
    return signature;
  }

  byte[] issuer() {
    return issuer;
  }

  byte[] subject() {
    return subject;
  }

  boolean hasSubject() {
    return Der.of(subject).enter(Der.SEQUENCE).hasMore();
  }

  /// First moment of validity, included.
  Instant notBefore() {
    return notBefore;
  }

  /// Last moment of validity, included.
  Instant notAfter() {
    return notAfter;
  }

  byte[] publicKeyInfo() {
    return publicKeyInfo;
  }

  Map<String, Extension> extensions() {
    return extensions;
  }

  Optional<Extension> extension(String oid) {
    return Optional.ofNullable(extensions.get(oid));
  }

  private static void requireVersion3(Der body) {
    if (!body.nextIs(0xa0)) {
      throw new MalformedException("certificate is of version 1, 3 is needed");
    }
    var explicit = body.enter(0xa0);
    var version = explicit.smallInteger(Integer.MAX_VALUE);
    explicit.finish();
    if (version != 2) {
      throw new MalformedException("certificate is not of version 3");
    }
  }

  /// Real authorities issued longer and even negative serials; only the shape matters here.
  private static void requireSerial(Der body) {
    if (body.integer().bitLength() > 40 * 8) {
      throw new MalformedException("certificate serial is longer than 40 bytes");
    }
  }

  private static byte[] name(Der body) {
    if (!body.nextIs(Der.SEQUENCE)) {
      throw new MalformedException("certificate has no name where one belongs");
    }
    return body.whole();
  }

  private static void skipUniqueIds(Der body) {
    if (body.nextIs(0x81)) {
      body.skip();
    }
    if (body.nextIs(0x82)) {
      body.skip();
    }
  }

  static Map<String, Extension> readExtensions(Der explicit) {
    var list = explicit.enter(Der.SEQUENCE);
    explicit.finish();
    var extensions = new LinkedHashMap<String, Extension>();
    while (list.hasMore()) {
      var extension = list.enter(Der.SEQUENCE);
      var oid = extension.oid();
      var critical = extension.nextIs(Der.BOOLEAN) && criticalFlag(extension);
      var value = extension.content(Der.OCTET_STRING);
      extension.finish();
      if (extensions.put(oid, new Extension(critical, value)) != null) {
        throw new MalformedException("extension " + oid + " appears twice");
      }
      if (extensions.size() > MAX_EXTENSIONS) {
        throw new MalformedException("more than " + MAX_EXTENSIONS + " extensions");
      }
    }
    return extensions;
  }

  /// DER leaves a default out, so a written FALSE is malformed; real certificates carry it, and it
  /// means what it says.
  private static boolean criticalFlag(Der extension) {
    return extension.bool();
  }
}
