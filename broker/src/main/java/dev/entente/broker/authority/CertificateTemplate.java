package dev.entente.broker.authority;

import dev.entente.spiffe.PublicKeys;
import java.math.BigInteger;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;

/// Encodes certificates of one issuer and one profile. What is the same in all of them is encoded
/// once; serial, validity, subject, key, names and signature are put between.
///
/// Fields and extensions stand in the order Go's crypto/x509 writes them, so that our certificates
/// look like SPIRE's to the byte.
final class CertificateTemplate {
  /// Enough for a leaf with a usual id and a P-256 key without growing.
  private static final int USUAL_BYTES = 1024;

  private static final byte[] VERSION_3 = {(byte) 0xa0, 3, DerWriter.INTEGER, 1, 2};
  private static final int EXTENSIONS = 0xa3;
  private static final int SAN_DNS = 0x82;
  static final int SAN_URI = 0x86;

  private final SignatureScheme scheme;
  private final byte[] algorithm;
  private final byte[] issuer;
  private final byte[] usageExtensions;
  private final byte[] authorityKeyIdExtension;

  private CertificateTemplate(
      SignatureScheme scheme, byte[] issuer, byte[] usageExtensions, byte[] authorityKeyId) {
    this.scheme = scheme;
    this.algorithm = DerValues.algorithm(scheme);
    this.issuer = issuer;
    this.usageExtensions = usageExtensions;
    this.authorityKeyIdExtension = authorityKeyId;
  }

  /// Leaves: all three usages of a key, both of TLS.
  static CertificateTemplate forLeaves(SignatureScheme scheme, byte[] issuer, byte[] issuerKeyId) {
    var usages = new DerWriter(96);
    DerValues.extension(
        usages, DerValues.BASIC_CONSTRAINTS, true, DerValues.basicConstraints(false));
    DerValues.extension(
        usages, DerValues.EXTENDED_KEY_USAGE, false, DerValues.leafExtendedKeyUsage());
    DerValues.extension(usages, DerValues.KEY_USAGE, true, DerValues.leafKeyUsage());
    return new CertificateTemplate(
        scheme, issuer, usages.toBytes(), authorityKeyIdExtension(issuerKeyId));
  }

  /// Signing certificates below an issuer.
  static CertificateTemplate forAuthorities(
      SignatureScheme scheme, byte[] issuer, byte[] issuerKeyId) {
    return new CertificateTemplate(
        scheme, issuer, signingUsages(), authorityKeyIdExtension(issuerKeyId));
  }

  /// One self-signed signing certificate; it needs no authority key id (RFC 5280 §4.2.1.1).
  static CertificateTemplate forSelfSigned(SignatureScheme scheme, byte[] issuer) {
    return new CertificateTemplate(scheme, issuer, signingUsages(), new byte[0]);
  }

  private static byte[] signingUsages() {
    var usages = new DerWriter(64);
    DerValues.extension(
        usages, DerValues.BASIC_CONSTRAINTS, true, DerValues.basicConstraints(true));
    DerValues.extension(usages, DerValues.KEY_USAGE, true, DerValues.signingKeyUsage());
    return usages.toBytes();
  }

  private static byte[] authorityKeyIdExtension(byte[] keyId) {
    var writer = new DerWriter(48);
    writer.value(0x80, keyId).header(DerWriter.SEQUENCE, 0);
    return DerValues.closeExtension(writer, DerValues.AUTHORITY_KEY_ID, false, 0).toBytes();
  }

  /// What changes from certificate to certificate.
  ///
  /// @param subject DER of the Name
  /// @param uri the URI SAN, ASCII
  /// @param dnsNames DNS SANs, ASCII, before the URI
  // Never compared or shared outside this package; copying the array would cost the hot path.
  @SuppressWarnings("ArrayRecordComponent")
  record Variables(
      BigInteger serial,
      Instant notBefore,
      Instant notAfter,
      byte[] subject,
      PublicKey key,
      String uri,
      List<String> dnsNames) {}

  /// Encodes and signs one certificate.
  byte[] sign(Variables variables, SigningKey issuerKey) {
    var toBeSigned = toBeSigned(variables);
    var signature = issuerKey.sign(scheme, toBeSigned);
    return new DerWriter(toBeSigned.length + signature.length + 32)
        .bits(signature)
        .raw(algorithm)
        .raw(toBeSigned)
        .header(DerWriter.SEQUENCE, 0)
        .toBytes();
  }

  private byte[] toBeSigned(Variables variables) {
    var writer = new DerWriter(USUAL_BYTES);
    extensions(writer, variables);
    writer.raw(variables.key().getEncoded()).raw(variables.subject());
    var before = writer.size();
    writer.time(variables.notAfter()).time(variables.notBefore());
    return writer
        .header(DerWriter.SEQUENCE, before)
        .raw(issuer)
        .raw(algorithm)
        .integer(variables.serial())
        .raw(VERSION_3)
        .header(DerWriter.SEQUENCE, 0)
        .toBytes();
  }

  private void extensions(DerWriter writer, Variables variables) {
    subjectAltName(writer, variables);
    writer.raw(authorityKeyIdExtension);
    var before = writer.size();
    writer.value(DerWriter.OCTET_STRING, PublicKeys.keyIdentifier(variables.key()));
    DerValues.closeExtension(writer, DerValues.SUBJECT_KEY_ID, false, before);
    writer.raw(usageExtensions).header(DerWriter.SEQUENCE, 0).header(EXTENSIONS, 0);
  }

  /// Critical if the subject is empty (RFC 5280 §4.1.2.6).
  private static void subjectAltName(DerWriter writer, Variables variables) {
    var before = writer.size();
    writer.text(SAN_URI, variables.uri());
    for (var i = variables.dnsNames().size() - 1; i >= 0; i--) {
      writer.text(SAN_DNS, variables.dnsNames().get(i));
    }
    writer.header(DerWriter.SEQUENCE, before);
    var emptySubject = variables.subject().length == 2;
    DerValues.closeExtension(writer, DerValues.SUBJECT_ALT_NAME, emptySubject, before);
  }
}
