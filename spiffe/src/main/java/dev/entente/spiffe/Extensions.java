package dev.entente.spiffe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The extensions this room understands, decoded (RFC 5280 §4.2.1).
final class Extensions {
  static final String SUBJECT_KEY_ID = "2.5.29.14";
  static final String KEY_USAGE = "2.5.29.15";
  static final String SUBJECT_ALT_NAME = "2.5.29.17";
  static final String BASIC_CONSTRAINTS = "2.5.29.19";
  static final String NAME_CONSTRAINTS = "2.5.29.30";
  static final String CERTIFICATE_POLICIES = "2.5.29.32";
  static final String AUTHORITY_KEY_ID = "2.5.29.35";
  static final String EXTENDED_KEY_USAGE = "2.5.29.37";

  private Extensions() {}

  /// @param pathLength how many intermediates may follow, or -1 for any number
  record BasicConstraints(boolean ca, int pathLength) {
    static final BasicConstraints ABSENT = new BasicConstraints(false, -1);
  }

  /// Bits of the key usage extension; an absent extension is empty.
  record KeyUsage(int bits) {
    static final int DIGITAL_SIGNATURE = 1;
    static final int KEY_CERT_SIGN = 1 << 5;
    static final int CRL_SIGN = 1 << 6;

    boolean has(int bit) {
      return (bits & bit) != 0;
    }
  }

  /// A subject's alternative names; kinds we do not read are counted by tag number.
  ///
  /// @param otherKinds tag numbers of RFC 5280's GeneralName that occur besides DNS and URI
  record AltNames(List<String> uris, List<String> dnsNames, List<Integer> otherKinds) {
    static final AltNames NONE = new AltNames(List.of(), List.of(), List.of());
  }

  static BasicConstraints basicConstraints(CertificateFields fields) {
    return fields
        .extension(BASIC_CONSTRAINTS)
        .map(extension -> readBasicConstraints(extension.value()))
        .orElse(BasicConstraints.ABSENT);
  }

  static Optional<KeyUsage> keyUsage(CertificateFields fields) {
    return fields.extension(KEY_USAGE).map(extension -> readKeyUsage(extension.value()));
  }

  static Optional<List<String>> extendedKeyUsage(CertificateFields fields) {
    return fields.extension(EXTENDED_KEY_USAGE).map(extension -> readOids(extension.value()));
  }

  static AltNames altNames(CertificateFields fields) {
    return fields
        .extension(SUBJECT_ALT_NAME)
        .map(extension -> readAltNames(extension.value()))
        .orElse(AltNames.NONE);
  }

  static Optional<byte[]> subjectKeyId(CertificateFields fields) {
    return fields.extension(SUBJECT_KEY_ID).map(extension -> readOctets(extension.value()));
  }

  /// The key identifier an issuer is to have, if the certificate names one by key.
  static Optional<byte[]> authorityKeyId(CertificateFields fields) {
    return fields.extension(AUTHORITY_KEY_ID).flatMap(extension -> readIssuerId(extension.value()));
  }

  private static BasicConstraints readBasicConstraints(Der value) {
    var sequence = value.enter(Der.SEQUENCE);
    value.finish();
    var ca = sequence.nextIs(Der.BOOLEAN) && sequence.bool();
    var pathLength = sequence.hasMore() ? sequence.smallInteger(Integer.MAX_VALUE) : -1;
    sequence.finish();
    if (pathLength >= 0 && !ca) {
      throw new MalformedException("path length in basic constraints that are not a CA's");
    }
    return new BasicConstraints(ca, pathLength);
  }

  private static KeyUsage readKeyUsage(Der value) {
    var usage = new KeyUsage(value.namedBits());
    value.finish();
    return usage;
  }

  private static List<String> readOids(Der value) {
    var sequence = value.enter(Der.SEQUENCE);
    value.finish();
    var oids = new ArrayList<String>();
    do {
      oids.add(sequence.oid());
    } while (sequence.hasMore());
    return List.copyOf(oids);
  }

  /// Reads the value of a subject alternative name extension, of a certificate or of a request.
  static AltNames readAltNames(Der value) {
    var sequence = value.enter(Der.SEQUENCE);
    value.finish();
    var uris = new ArrayList<String>();
    var dnsNames = new ArrayList<String>();
    var others = new ArrayList<Integer>();
    do {
      switch (sequence.peekTag()) {
        case 0x86 -> uris.add(sequence.ascii(0x86));
        case 0x82 -> dnsNames.add(sequence.ascii(0x82));
        default -> others.add(otherName(sequence));
      }
    } while (sequence.hasMore());
    return new AltNames(List.copyOf(uris), List.copyOf(dnsNames), List.copyOf(others));
  }

  private static int otherName(Der sequence) {
    var tag = sequence.peekTag();
    var number = tag & 0x1f;
    var constructed = number == 0 || number == 3 || number == 4 || number == 5;
    if (number > 8 || tag != (constructed ? 0xa0 : 0x80) + number) {
      throw new MalformedException(String.format("DER tag 0x%02x is no general name", tag));
    }
    var inner = sequence.enterAny();
    if (number == 7 && !Arrays.asList(4, 16).contains(inner.rest().length)) {
      throw new MalformedException("IP address is neither of 4 nor of 16 bytes");
    }
    return number;
  }

  private static byte[] readOctets(Der value) {
    var octets = value.content(Der.OCTET_STRING);
    value.finish();
    return octets;
  }

  private static Optional<byte[]> readIssuerId(Der value) {
    var sequence = value.enter(Der.SEQUENCE);
    value.finish();
    var keyId =
        sequence.nextIs(0x80) ? Optional.of(sequence.content(0x80)) : Optional.<byte[]>empty();
    sequence.rest();
    return keyId;
  }
}
