package dev.entente.spiffe;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/// Keys that the product itself would not make.
final class TestKeys {
  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  private TestKeys() {}

  static KeyPair ec(String curve) {
    return generate("EC", new ECGenParameterSpec(curve));
  }

  static KeyPair rsa(int bits, BigInteger exponent) {
    return generate("RSA", new RSAKeyGenParameterSpec(bits, exponent));
  }

  static KeyPair ed25519() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A curve the JDK has no more.
  static KeyPair otherCurve(String curve) {
    return bouncyCastle(new ECGenParameterSpec(curve));
  }

  /// P-256 with its parameters written out in the key, as CVE-2020-0601 needed.
  static KeyPair explicitP256() {
    return bouncyCastle(Curve.P256.spec());
  }

  private static KeyPair bouncyCastle(AlgorithmParameterSpec parameters) {
    try {
      var generator = KeyPairGenerator.getInstance("EC", BOUNCY_CASTLE);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair generate(String algorithm, AlgorithmParameterSpec parameters) {
    try {
      var generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
