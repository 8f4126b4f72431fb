package dev.entente.spiffe;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/// Keys for tests: those the product itself would not make, and one of each kind that it makes.
final class TestKeys {
  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  private static final Map<KeyAlgorithm, KeyPair> MADE = new ConcurrentHashMap<>();
  private static final Map<RsaKind, KeyPair> RSA = new ConcurrentHashMap<>();

  private TestKeys() {}

  private record RsaKind(int bits, BigInteger exponent) {}

  /// What the product makes, always the same: to search for primes takes long.
  static KeyPair made(KeyAlgorithm algorithm) {
    return MADE.computeIfAbsent(algorithm, KeyAlgorithm::generate);
  }

  static KeyPair ec(String curve) {
    return generate("EC", new ECGenParameterSpec(curve));
  }

  /// Always the same of that kind, as above.
  static KeyPair rsa(int bits, BigInteger exponent) {
    return RSA.computeIfAbsent(
        new RsaKind(bits, exponent),
        kind -> generate("RSA", new RSAKeyGenParameterSpec(kind.bits(), kind.exponent())));
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
