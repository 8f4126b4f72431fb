package dev.entente.attestors.host;

import dev.entente.spiffe.PublicKeys;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/// Public keys and signatures as SSH writes them: RSA (RFC 4253 §6.6, RFC 8332), ECDSA on NIST's
/// curves (RFC 5656 §3.1), Ed25519 (RFC 8709 §4, §6).
final class SshKeys {
  static final String RSA = "ssh-rsa";
  static final String ED25519 = "ssh-ed25519";
  static final String ECDSA = "ecdsa-sha2-";

  private static final int RSA_MAX_BITS = 8192;
  private static final int ED25519_BYTES = 32;
  private static final String ED25519_PREFIX = "302a300506032b6570032100";

  /// A curve's part of X.509's form of a key, before the point (RFC 5480 §2).
  private record Curve(String prefix, String digest, int halfBytes) {}

  private static final Map<String, Curve> CURVES =
      Map.of(
          "nistp256",
          new Curve("3059301306072a8648ce3d020106082a8648ce3d030107034200", "SHA256", 32),
          "nistp384",
          new Curve("3076301006072a8648ce3d020106052b81040022036200", "SHA384", 48),
          "nistp521",
          new Curve("30819b301006072a8648ce3d020106052b8104002303818600", "SHA512", 66));

  /// An RSA key's signatures. Whether the first is good enough, the caller decides.
  private static final Map<String, String> RSA_SIGNATURES =
      Map.of(RSA, "SHA1withRSA", "rsa-sha2-256", "SHA256withRSA", "rsa-sha2-512", "SHA512withRSA");

  private SshKeys() {}

  /// A signature (RFC 4253 §6.6).
  ///
  /// @param format names the algorithm
  record SshSignature(String format, byte[] blob) {
    static SshSignature read(SshWire wire) {
      return new SshSignature(wire.text(), wire.string());
    }
  }

  /// Reads a whole key, its type first.
  ///
  /// @throws IllegalArgumentException if it is none that is allowed
  static PublicKey read(byte[] blob) {
    return SshWire.readAll(blob, wire -> readFields(wire.text(), wire));
  }

  /// Reads what follows the type of a key, in a key or in a certificate.
  ///
  /// @throws IllegalArgumentException if it is no key that is allowed
  static PublicKey readFields(String type, SshWire wire) {
    if (type.equals(RSA)) {
      var exponent = wire.mpint();
      return rsa(wire.mpint(), exponent);
    }
    if (type.equals(ED25519)) {
      return ed25519(wire.string());
    }
    if (type.startsWith(ECDSA)) {
      var name = wire.text();
      if (!type.equals(ECDSA + name)) {
        throw new IllegalArgumentException("a key of type " + type + " on " + name);
      }
      return ecdsa(name, wire.string());
    }
    throw new IllegalArgumentException("keys of type " + type + " are not allowed");
  }

  private static PublicKey rsa(BigInteger modulus, BigInteger exponent) {
    var key = generate("RSA", new RSAPublicKeySpec(modulus, exponent));
    var objection = X509PopKeys.objection(key, RSA_MAX_BITS);
    if (objection.isPresent()) {
      throw new IllegalArgumentException("not allowed: " + objection.get());
    }
    return key;
  }

  private static PublicKey ed25519(byte[] point) {
    if (point.length != ED25519_BYTES) {
      throw new IllegalArgumentException("an Ed25519 key of " + point.length + " bytes");
    }
    return generate("Ed25519", new X509EncodedKeySpec(join(ED25519_PREFIX, point)));
  }

  private static PublicKey ecdsa(String name, byte[] point) {
    var curve = CURVES.get(name);
    if (curve == null || point.length != 1 + 2 * curve.halfBytes()) {
      throw new IllegalArgumentException("not a point on a curve that is allowed: " + name);
    }
    return PublicKeys.read(join(curve.prefix(), point));
  }

  private static byte[] join(String prefixHex, byte[] rest) {
    byte[] prefix = HexFormat.of().parseHex(prefixHex);
    return ByteBuffer.allocate(prefix.length + rest.length).put(prefix).put(rest).array();
  }

  private static PublicKey generate(String family, java.security.spec.KeySpec spec) {
    try {
      return KeyFactory.getInstance(family).generatePublic(spec);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a key: " + e.getMessage(), e);
    }
  }

  /// Whether `key` made this signature of `data`.
  static boolean verify(PublicKey key, SshSignature signature, byte[] data) {
    try {
      var verifier = Signature.getInstance(algorithm(key, signature.format()));
      verifier.initVerify(key);
      verifier.update(data);
      return verifier.verify(raw(key, signature.blob()));
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      return false;
    }
  }

  /// Signs with SHA-2 whatever the key is.
  static SshSignature sign(PrivateKey privateKey, PublicKey key, byte[] data)
      throws GeneralSecurityException {
    var format = format(key);
    var signer = Signature.getInstance(algorithm(key, format));
    signer.initSign(privateKey);
    signer.update(data);
    byte[] made = signer.sign();
    if (!(key instanceof ECPublicKey)) {
      return new SshSignature(format, made);
    }
    int half = made.length / 2;
    byte[] r = number(Arrays.copyOf(made, half));
    byte[] s = number(Arrays.copyOfRange(made, half, made.length));
    return new SshSignature(
        format,
        ByteBuffer.allocate(8 + r.length + s.length)
            .putInt(r.length)
            .put(r)
            .putInt(s.length)
            .put(s)
            .array());
  }

  private static byte[] number(byte[] unsigned) {
    return new BigInteger(1, unsigned).toByteArray();
  }

  private static String format(PublicKey key) {
    if (key instanceof ECPublicKey ec) {
      return ECDSA + curveName(ec);
    }
    return key.getAlgorithm().equals("RSA") ? "rsa-sha2-256" : ED25519;
  }

  private static String curveName(ECPublicKey key) {
    return "nistp" + key.getParams().getOrder().bitLength();
  }

  private static String algorithm(PublicKey key, String format) {
    if (key instanceof ECPublicKey ec && format.equals(ECDSA + curveName(ec))) {
      var curve = CURVES.get(curveName(ec));
      if (curve != null) {
        return curve.digest() + "withECDSAinP1363Format";
      }
    }
    if (key.getAlgorithm().equals("RSA")) {
      var algorithm = RSA_SIGNATURES.get(format);
      if (algorithm != null) {
        return algorithm;
      }
    }
    if (key.getAlgorithm().equals("EdDSA") && format.equals(ED25519)) {
      return "Ed25519";
    }
    throw new IllegalArgumentException(format + " is not of a key of " + key.getAlgorithm());
  }

  /// SSH writes r and s as numbers of their own length; the JDK wants both in full.
  private static byte[] raw(PublicKey key, byte[] blob) {
    if (!(key instanceof ECPublicKey)) {
      return blob;
    }
    int half = X509PopKeys.curveBytes(key);
    return SshWire.readAll(
        blob,
        wire -> {
          byte[] raw = new byte[2 * half];
          put(wire.mpint(), raw, half);
          put(wire.mpint(), raw, 2 * half);
          return raw;
        });
  }

  private static void put(BigInteger number, byte[] into, int end) {
    if (number.bitLength() > into.length / 2 * 8) {
      throw new IllegalArgumentException("a number longer than the curve's");
    }
    byte[] bytes = number.toByteArray();
    int sign = bytes[0] == 0 ? 1 : 0;
    System.arraycopy(bytes, sign, into, end - bytes.length + sign, bytes.length - sign);
  }
}
