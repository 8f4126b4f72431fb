package dev.entente.spiffe;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Optional;
import java.util.function.BiFunction;

/// Reads public keys of others, and only those that [KeyAlgorithm#isAcceptable].
///
/// Explicit curve parameters, compressed points, points off their curve, other exponents and other
/// sizes are refused here, before a provider sees the key.
public final class PublicKeys {
  static final String EC_PUBLIC_KEY = "1.2.840.10045.2.1";
  static final String RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
  static final int MIN_RSA_BITS = 2048;

  /// A larger modulus lets a stranger burn CPU before it is known who asks.
  static final int MAX_RSA_BITS = 4096;

  private static final BigInteger RSA_EXPONENT = BigInteger.valueOf(65537);

  private PublicKeys() {}

  /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
  ///
  /// @throws IllegalArgumentException if it is malformed or the key is not acceptable
  public static PublicKey read(byte[] subjectPublicKeyInfo) {
    return read(subjectPublicKeyInfo, PublicKeys::provided);
  }

  /// Reads a key as [#read(byte[])] does, or nothing if it is not acceptable.
  ///
  /// @throws IllegalArgumentException if it is malformed
  public static Optional<PublicKey> readIfAcceptable(byte[] subjectPublicKeyInfo) {
    try {
      return Optional.of(read(subjectPublicKeyInfo));
    } catch (UnacceptableKeyException _) {
      return Optional.empty();
    }
  }

  /// Reads a key that will verify one signature, as strictly as [#read(byte[])]. The bytes are
  /// kept.
  static PublicKey readOnce(byte[] subjectPublicKeyInfo) {
    return read(
        subjectPublicKeyInfo, (curve, point) -> new ReadEcKey(curve, point, subjectPublicKeyInfo));
  }

  private static PublicKey read(
      byte[] subjectPublicKeyInfo, BiFunction<Curve, ECPoint, PublicKey> ec) {
    var outer = Der.of(subjectPublicKeyInfo);
    var info = outer.enter(Der.SEQUENCE);
    outer.finish();
    var algorithm = info.enter(Der.SEQUENCE);
    var oid = algorithm.oid();
    if (oid.equals(EC_PUBLIC_KEY)) {
      var curve = Curve.ofOid(algorithm.oid());
      algorithm.finish();
      return ec.apply(curve, point(curve, lastBitString(info)));
    }
    if (oid.equals(RSA_ENCRYPTION)) {
      algorithm.takeNull();
      algorithm.finish();
      return rsa(lastBitString(info));
    }
    throw new UnacceptableKeyException("public key algorithm " + oid + " is not allowed");
  }

  /// The key identifier of RFC 5280 §4.2.1.2 (1): SHA-1 over the bits of the public key.
  public static byte[] keyIdentifier(PublicKey key) {
    var outer = Der.of(key.getEncoded());
    var info = outer.enter(Der.SEQUENCE);
    info.skip();
    return Digests.sha1(info.bitString());
  }

  /// Whether both are the same key, whichever provider made them.
  public static boolean same(PublicKey one, PublicKey other) {
    return MessageDigest.isEqual(one.getEncoded(), other.getEncoded());
  }

  static boolean isAcceptable(PublicKey key) {
    return switch (key) {
      case ECPublicKey ec ->
          Curve.of(ec.getParams()).filter(curve -> curve.contains(ec.getW())).isPresent();
      case RSAPublicKey rsa -> refusalOf(rsa.getModulus(), rsa.getPublicExponent()).isEmpty();
      default -> false;
    };
  }

  static PublicKey ec(Curve curve, BigInteger x, BigInteger y) {
    return provided(curve, onCurve(curve, new ECPoint(x, y)));
  }

  private static ECPoint onCurve(Curve curve, ECPoint point) {
    if (!curve.contains(point)) {
      throw new IllegalArgumentException("public key is not a point of " + curve.jwkName());
    }
    return point;
  }

  private static PublicKey provided(Curve curve, ECPoint point) {
    try {
      return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve.spec()));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("public key refused by its provider", e);
    }
  }

  static PublicKey rsa(BigInteger modulus, BigInteger exponent) {
    refusalOf(modulus, exponent)
        .ifPresent(why -> {
          throw new UnacceptableKeyException(why);
        });
    try {
      return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("public key refused by its provider", e);
    }
  }

  private static ECPoint point(Curve curve, byte[] encoded) {
    var size = curve.coordinateBytes();
    if (encoded.length != 2 * size + 1 || encoded[0] != 4) {
      throw new IllegalArgumentException("EC public key is not an uncompressed point");
    }
    return onCurve(
        curve,
        new ECPoint(
            new BigInteger(1, encoded, 1, size), new BigInteger(1, encoded, 1 + size, size)));
  }

  private static PublicKey rsa(byte[] der) {
    var outer = Der.of(der);
    var key = outer.enter(Der.SEQUENCE);
    outer.finish();
    var modulus = key.integer();
    var exponent = key.integer();
    key.finish();
    return rsa(modulus, exponent);
  }

  static Optional<String> refusalOf(BigInteger modulus, BigInteger exponent) {
    var bits = modulus.signum() > 0 ? modulus.bitLength() : 0;
    if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
      return Optional.of("RSA key has " + bits + " bits, 2048 to 4096 are allowed");
    }
    return exponent.equals(RSA_EXPONENT)
        ? Optional.empty()
        : Optional.of("RSA key has another exponent than 65537");
  }

  private static byte[] lastBitString(Der info) {
    var bits = info.bitString();
    info.finish();
    return bits;
  }
}
