package dev.entente.attestors.host;

import dev.entente.attestors.host.X509PopMessages.Kind;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Optional;

/// Proof of possession in `x509pop`: one signature over two nonces.
///
/// Both sides contribute 32 bytes. SPIRE signs SHA-256(broker's ‖ node's) as a digest, which is the
/// same as a SHA-256 signature over the 64 bytes. An RSA signature is PSS with MGF1-SHA-256 and the
/// longest salt the key allows: modulus bytes − 34.
final class X509PopKeys {
  static final int NONCE_BYTES = 32;
  private static final BigInteger F4 = BigInteger.valueOf(65537);
  private static final int RSA_MIN_BITS = 2048;

  private static final SecureRandom RANDOM = new SecureRandom();

  private X509PopKeys() {}

  static byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  static Kind kind(PublicKey key) {
    return key instanceof RSAPublicKey ? Kind.RSA : Kind.ECDSA;
  }

  /// Why `key` may not be used for anything expensive, or empty if it may.
  static Optional<String> objection(PublicKey key, int rsaMaxBits) {
    return switch (key) {
      case ECPublicKey ec when curveBytes(ec) == 0 ->
          Optional.of("elliptic curve of " + ec.getParams().getOrder().bitLength() + " bits");
      case ECPublicKey _ -> Optional.empty();
      case RSAPublicKey rsa -> {
        int bits = rsa.getModulus().bitLength();
        if (bits < RSA_MIN_BITS || bits > rsaMaxBits) {
          yield Optional.of("RSA of " + bits + " bits, allowed 2048 to " + rsaMaxBits);
        }
        yield rsa.getPublicExponent().equals(F4)
            ? Optional.empty()
            : Optional.of("RSA with an exponent other than 65537");
      }
      default -> Optional.of("key of type " + key.getAlgorithm());
    };
  }

  /// Bytes of r and of s for a P-256, P-384 or P-521 key; zero for any other curve or key.
  static int curveBytes(PublicKey key) {
    if (!(key instanceof ECPublicKey ec)) {
      return 0;
    }
    return switch (ec.getParams().getOrder().bitLength()) {
      case 256 -> 32;
      case 384 -> 48;
      case 521 -> 66;
      default -> 0;
    };
  }

  static byte[] sign(PrivateKey privateKey, PublicKey publicKey, byte[] theirs, byte[] ours)
      throws GeneralSecurityException {
    var signature = signature(publicKey);
    signature.initSign(privateKey);
    signature.update(theirs);
    signature.update(ours);
    return signature.sign();
  }

  static boolean verify(PublicKey key, byte[] ours, byte[] theirs, byte[] proof) {
    try {
      var signature = signature(key);
      signature.initVerify(key);
      signature.update(ours);
      signature.update(theirs);
      return signature.verify(proof);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static Signature signature(PublicKey key) throws GeneralSecurityException {
    if (!(key instanceof RSAPublicKey rsa)) {
      return Signature.getInstance("SHA256withECDSAinP1363Format");
    }
    var pss = Signature.getInstance("RSASSA-PSS");
    int salt = (rsa.getModulus().bitLength() + 6) / 8 - 34;
    pss.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, salt, 1));
    return pss;
  }
}
