package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.PublicKeys;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;

/// The text of a key file: the private half in PKCS#8, then the public half, each a PEM block.
final class KeyFile {
  private static final String PUBLIC_KEY = "PUBLIC KEY";
  private static final String SECOND_BLOCK = "-----BEGIN " + PUBLIC_KEY;

  private KeyFile() {}

  /// The text is the secret.
  static String encode(SoftwareKey key) {
    return PrivateKeys.toPem(key.revealPrivateKey())
        + Pem.encode(PUBLIC_KEY, key.publicKey().getEncoded());
  }

  /// @throws IllegalArgumentException if it is anything else; no message carries key bytes
  static SoftwareKey decode(String keyId, String text) {
    var second = text.indexOf(SECOND_BLOCK);
    if (second < 0) {
      throw new IllegalArgumentException("it has no public half");
    }
    var privateKey = PrivateKeys.fromPem(text.substring(0, second));
    var publicKey = PublicKeys.read(Pem.decodeOne(text.substring(second), PUBLIC_KEY));
    if (!PrivateKeys.isPair(privateKey, publicKey)) {
      throw new IllegalArgumentException("its two halves do not belong together");
    }
    return new SoftwareKey(keyId, algorithmOf(publicKey), new KeyPair(publicKey, privateKey));
  }

  /// The kind of a key.
  ///
  /// @throws IllegalArgumentException if it is of a kind we do not make
  static KeyAlgorithm algorithmOf(PublicKey key) {
    var bits =
        switch (key) {
          case ECPublicKey ec -> ec.getParams().getOrder().bitLength();
          case RSAPublicKey rsa -> rsa.getModulus().bitLength();
          default -> 0;
        };
    return switch (bits) {
      case 256 -> KeyAlgorithm.EC_P256;
      case 384 -> KeyAlgorithm.EC_P384;
      case 2048 -> KeyAlgorithm.RSA_2048;
      case 4096 -> KeyAlgorithm.RSA_4096;
      default -> throw new IllegalArgumentException("it is of a kind we do not make");
    };
  }
}
