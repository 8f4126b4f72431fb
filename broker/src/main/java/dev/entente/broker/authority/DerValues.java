package dev.entente.broker.authority;

/// Small DER values made once: object identifiers, and extensions that never change.
final class DerValues {
  static final byte[] SUBJECT_KEY_ID = oid(2, 5, 29, 14);
  static final byte[] KEY_USAGE = oid(2, 5, 29, 15);
  static final byte[] SUBJECT_ALT_NAME = oid(2, 5, 29, 17);
  static final byte[] BASIC_CONSTRAINTS = oid(2, 5, 29, 19);
  static final byte[] AUTHORITY_KEY_ID = oid(2, 5, 29, 35);
  static final byte[] EXTENDED_KEY_USAGE = oid(2, 5, 29, 37);

  private static final byte[] TRUE = {DerWriter.BOOLEAN, 1, (byte) 0xff};

  private DerValues() {}

  static byte[] oid(int first, int second, int... arcs) {
    var writer = new DerWriter(24);
    for (var i = arcs.length - 1; i >= 0; i--) {
      arc(writer, arcs[i]);
    }
    arc(writer, 40 * first + second);
    return writer.header(DerWriter.OID, 0).toBytes();
  }

  private static void arc(DerWriter writer, int value) {
    writer.raw(new byte[] {(byte) (value & 0x7f)});
    for (var rest = value >>> 7; rest != 0; rest >>>= 7) {
      writer.raw(new byte[] {(byte) (0x80 | (rest & 0x7f))});
    }
  }

  /// An Extension of RFC 5280 §4.1 around a value that is DER already.
  static DerWriter extension(DerWriter writer, byte[] oid, boolean critical, byte[] value) {
    var before = writer.size();
    writer.raw(value);
    return closeExtension(writer, oid, critical, before);
  }

  /// Makes what was written since `sizeBefore` the value of an extension.
  static DerWriter closeExtension(DerWriter writer, byte[] oid, boolean critical, int sizeBefore) {
    writer.header(DerWriter.OCTET_STRING, sizeBefore);
    if (critical) {
      writer.raw(TRUE);
    }
    return writer.raw(oid).header(DerWriter.SEQUENCE, sizeBefore);
  }

  /// Key usage of a leaf: digitalSignature, keyEncipherment, keyAgreement.
  static byte[] leafKeyUsage() {
    return namedBits(3, 0b1010_1000);
  }

  /// Key usage of a signing certificate: keyCertSign, cRLSign (X509-SVID App. A).
  static byte[] signingKeyUsage() {
    return namedBits(1, 0b0000_0110);
  }

  private static byte[] namedBits(int unusedBits, int bits) {
    return new DerWriter(8)
        .value(DerWriter.BIT_STRING, new byte[] {(byte) unusedBits, (byte) bits})
        .toBytes();
  }

  /// serverAuth and clientAuth.
  static byte[] leafExtendedKeyUsage() {
    return new DerWriter(24)
        .raw(oid(1, 3, 6, 1, 5, 5, 7, 3, 2))
        .raw(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))
        .header(DerWriter.SEQUENCE, 0)
        .toBytes();
  }

  static byte[] basicConstraints(boolean authority) {
    var writer = new DerWriter(8);
    if (authority) {
      writer.raw(TRUE);
    }
    return writer.header(DerWriter.SEQUENCE, 0).toBytes();
  }

  static byte[] algorithm(SignatureScheme scheme) {
    return switch (scheme) {
      case ECDSA_SHA256, ES256 -> sequence(oid(1, 2, 840, 10045, 4, 3, 2));
      case ECDSA_SHA384 -> sequence(oid(1, 2, 840, 10045, 4, 3, 3));
      case RSA_SHA256 -> sequence(new byte[] {DerWriter.NULL, 0}, oid(1, 2, 840, 113549, 1, 1, 11));
    };
  }

  private static byte[] sequence(byte[]... lastToFirst) {
    var writer = new DerWriter(24);
    for (var value : lastToFirst) {
      writer.raw(value);
    }
    return writer.header(DerWriter.SEQUENCE, 0).toBytes();
  }
}
