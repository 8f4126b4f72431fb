package dev.entente.spiffe;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.stream.Collectors;

/// A kind of key pair we make. What we accept from others is wider: see [#isAcceptable].
@SuppressWarnings("ImmutableEnumChecker") // a parameter spec has no setters
public enum KeyAlgorithm {
  /// ECDSA on P-256, the default everywhere.
  EC_P256("ec-p256", "EC", new ECGenParameterSpec("secp256r1")),
  /// ECDSA on P-384.
  EC_P384("ec-p384", "EC", new ECGenParameterSpec("secp384r1")),
  /// RSA with a modulus of 2048 bits, for verifiers that know nothing else.
  RSA_2048("rsa-2048", "RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4)),
  /// RSA with a modulus of 4096 bits; signs some forty times slower than P-256.
  RSA_4096("rsa-4096", "RSA", new RSAKeyGenParameterSpec(4096, RSAKeyGenParameterSpec.F4));

  private final String configName;
  private final String family;
  private final AlgorithmParameterSpec parameters;

  KeyAlgorithm(String configName, String family, AlgorithmParameterSpec parameters) {
    this.configName = configName;
    this.family = family;
    this.parameters = parameters;
  }

  /// The name in config files, as in `ec-p256`.
  public String configName() {
    return configName;
  }

  /// Reads a config name.
  ///
  /// @throws IllegalArgumentException if no key kind has this name; the message lists them
  public static KeyAlgorithm parse(String configName) {
    for (var algorithm : values()) {
      if (algorithm.configName.equals(configName)) {
        return algorithm;
      }
    }
    var known = Arrays.stream(values()).map(KeyAlgorithm::configName);
    throw new IllegalArgumentException(
        "no key type "
            + Quoted.of(configName)
            + ", there are "
            + known.collect(Collectors.joining(", ")));
  }

  /// Makes a key pair with the preferred security provider. An RSA pair takes up to seconds: never
  /// on an event loop.
  public KeyPair generate() {
    try {
      var generator = KeyPairGenerator.getInstance(family);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no provider makes " + configName + " keys", e);
    }
  }

  /// Whether we trust or certify such a key: P-256, P-384 or P-521, or RSA of 2048 to 4096 bits
  /// with the exponent 65537.
  public static boolean isAcceptable(PublicKey key) {
    return PublicKeys.isAcceptable(key);
  }
}
