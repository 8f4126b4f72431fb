package dev.entente.attestors.host;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Optional;

/// The public part of a key in a TPM (TPMT_PUBLIC, TPM 2.0 Library, Part 2, 12.2.4): RSA of 2048 to
/// 4096 bits, or P-256, P-384, P-521.
///
/// @param area as the TPM writes it, without a length before it
/// @param nameHash what the key's name is made with
/// @param attributes bits of TPMA_OBJECT
/// @param symmetric what a parent encrypts with; empty for keys that sign
/// @param scheme how it signs, if the key says
/// @param key the same as the JDK knows it
record TpmPublic(
    byte[] area,
    TpmHash nameHash,
    int attributes,
    Optional<Symmetric> symmetric,
    Optional<Scheme> scheme,
    PublicKey key) {
  static final int RSA = 0x0001;
  static final int ECC = 0x0023;
  static final int NONE = 0x0010;
  static final int RSASSA = 0x0014;
  static final int ECDSA = 0x0018;
  static final int AES = 0x0006;
  static final int CFB = 0x0043;

  private static final int RSAES = 0x0015;
  private static final int ECDAA = 0x001a;
  private static final int RSA_DEFAULT_EXPONENT = 65537;
  private static final int RSA_MAX_BYTES = 512;
  private static final int COORDINATE_MAX_BYTES = 66;
  private static final int DIGEST_MAX_BYTES = 64;

  /// What a parent protects its children with.
  record Symmetric(int algorithm, int keyBits, int mode) {}

  /// How a key signs.
  ///
  /// @param algorithm such as [#RSASSA]
  record Scheme(int algorithm, TpmHash hash) {}

  /// Everything that stands before the key itself.
  private record Head(TpmHash nameHash, int attributes) {}

  /// @throws IllegalArgumentException if these bytes are anything else
  static TpmPublic parse(byte[] area) {
    return TpmReader.readAll(
        area,
        in -> {
          int type = in.uint16();
          var head = new Head(TpmHash.of(in.uint16()), in.uint32());
          in.sized(DIGEST_MAX_BYTES); // authPolicy
          return switch (type) {
            case RSA -> rsa(area, head, in);
            case ECC -> ecc(area, head, in);
            default -> throw new IllegalArgumentException("a key of type 0x%04x".formatted(type));
          };
        });
  }

  private static TpmPublic rsa(byte[] area, Head head, TpmReader in) {
    var symmetric = symmetric(in);
    var scheme = scheme(in);
    int bits = in.uint16();
    int exponent = in.uint32();
    byte[] modulus = in.sized(RSA_MAX_BYTES);
    var number = new BigInteger(1, modulus);
    if (bits < 2048 || number.bitLength() != bits) {
      throw new IllegalArgumentException(
          "RSA of " + bits + " bits with a modulus of " + number.bitLength());
    }
    if (exponent != 0 && exponent != RSA_DEFAULT_EXPONENT) {
      throw new IllegalArgumentException("RSA with an exponent other than 65537");
    }
    try {
      var spec = new RSAPublicKeySpec(number, BigInteger.valueOf(RSA_DEFAULT_EXPONENT));
      var key = KeyFactory.getInstance("RSA").generatePublic(spec);
      return new TpmPublic(area, head.nameHash(), head.attributes(), symmetric, scheme, key);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an RSA key: " + e.getMessage(), e);
    }
  }

  private static TpmPublic ecc(byte[] area, Head head, TpmReader in) {
    var symmetric = symmetric(in);
    var scheme = scheme(in);
    var curve = curve(in.uint16());
    if (in.uint16() != NONE) {
      throw new IllegalArgumentException("a key that derives others");
    }
    var x = new BigInteger(1, in.sized(COORDINATE_MAX_BYTES));
    var y = new BigInteger(1, in.sized(COORDINATE_MAX_BYTES));
    try {
      var parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(curve));
      var spec =
          new ECPublicKeySpec(
              new ECPoint(x, y), parameters.getParameterSpec(ECParameterSpec.class));
      var key = KeyFactory.getInstance("EC").generatePublic(spec);
      return new TpmPublic(area, head.nameHash(), head.attributes(), symmetric, scheme, key);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a key on " + curve + ": " + e.getMessage(), e);
    }
  }

  private static String curve(int id) {
    return switch (id) {
      case 0x0003 -> "secp256r1";
      case 0x0004 -> "secp384r1";
      case 0x0005 -> "secp521r1";
      default -> throw new IllegalArgumentException("curve 0x%04x is not allowed".formatted(id));
    };
  }

  private static Optional<Symmetric> symmetric(TpmReader in) {
    int algorithm = in.uint16();
    return algorithm == NONE
        ? Optional.empty()
        : Optional.of(new Symmetric(algorithm, in.uint16(), in.uint16()));
  }

  private static Optional<Scheme> scheme(TpmReader in) {
    int algorithm = in.uint16();
    return switch (algorithm) {
      case NONE, RSAES -> Optional.empty();
      case ECDAA -> throw new IllegalArgumentException("a key that signs anonymously");
      default -> Optional.of(new Scheme(algorithm, TpmHash.of(in.uint16())));
    };
  }

  /// How the TPM calls this key: the hash's number and the digest of the area.
  byte[] name() {
    return new TpmWriter().uint16(nameHash.id()).bytes(nameHash.digest(area)).toBytes();
  }

  @Override
  public String toString() {
    return "TpmPublic[" + key.getAlgorithm() + ", " + TpmAttributes.text(attributes) + "]";
  }
}
