package dev.entente.spiffe;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;

/// Reads and writes private keys as PKCS#8 (RFC 5958), in DER or PEM. No message of an exception
/// made here carries key bytes.
public final class PrivateKeys {
  private PrivateKeys() {}

  /// Reads an EC key on P-256, P-384 or P-521, or an RSA key of 2048 to 4096 bits.
  ///
  /// @throws IllegalArgumentException if it is anything else
  public static PrivateKey fromPkcs8(byte[] der) {
    var outer = Der.of(der);
    var info = outer.enter(Der.SEQUENCE);
    outer.finish();
    info.smallInteger(1);
    var algorithm = info.enter(Der.SEQUENCE).oid();
    var family =
        switch (algorithm) {
          case PublicKeys.EC_PUBLIC_KEY -> "EC";
          case PublicKeys.RSA_ENCRYPTION -> "RSA";
          default ->
              throw new IllegalArgumentException(
                  "private key algorithm " + algorithm + " is not allowed");
        };
    return requireAcceptable(decode(family, der));
  }

  /// Reads one `PRIVATE KEY` block.
  ///
  /// @throws IllegalArgumentException if the text is anything else
  public static PrivateKey fromPem(String pem) {
    return fromPkcs8(Pem.decodeOne(pem, Pem.PRIVATE_KEY));
  }

  /// The PKCS#8 DER. The bytes are the secret: keep them out of everything but a key store.
  public static byte[] toPkcs8(PrivateKey key) {
    var der = key.getEncoded();
    if (der == null || !"PKCS#8".equals(key.getFormat())) {
      throw new IllegalArgumentException("private key cannot leave its provider");
    }
    return der;
  }

  /// One `PRIVATE KEY` block. The text is the secret.
  public static String toPem(PrivateKey key) {
    return Pem.encode(Pem.PRIVATE_KEY, toPkcs8(key));
  }

  /// Whether the two halves belong together, found out by signing and verifying.
  public static boolean isPair(PrivateKey privateKey, PublicKey publicKey) {
    var algorithm = privateKey instanceof ECPrivateKey ? "SHA256withECDSA" : "SHA256withRSA";
    try {
      var signer = Signature.getInstance(algorithm);
      signer.initSign(privateKey);
      signer.update(publicKey.getEncoded());
      var verifier = Signature.getInstance(algorithm);
      verifier.initVerify(publicKey);
      verifier.update(publicKey.getEncoded());
      return verifier.verify(signer.sign());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static PrivateKey decode(String family, byte[] der) {
    try {
      return KeyFactory.getInstance(family).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      // The cause is dropped: some providers quote the key's bytes.
      throw new IllegalArgumentException("not a PKCS#8 " + family + " private key");
    }
  }

  private static PrivateKey requireAcceptable(PrivateKey key) {
    var acceptable =
        switch (key) {
          case ECPrivateKey ec -> Curve.of(ec.getParams()).isPresent();
          case RSAPrivateKey rsa -> isAcceptableSize(rsa.getModulus().bitLength());
          default -> false;
        };
    if (!acceptable) {
      throw new IllegalArgumentException(
          "private key is none of P-256, P-384, P-521, RSA 2048 to 4096");
    }
    return key;
  }

  private static boolean isAcceptableSize(int bits) {
    return bits >= PublicKeys.MIN_RSA_BITS && bits <= PublicKeys.MAX_RSA_BITS;
  }
}
