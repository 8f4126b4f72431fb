package dev.entente.spiffe;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Optional;

/// The signature algorithms we accept in certificates and requests: ECDSA and PKCS#1 v1.5 RSA with
/// SHA-2. RSASSA-PSS, EdDSA and everything with SHA-1 or MD5 is refused.
enum SignatureAlgorithm {
  ECDSA_SHA256("1.2.840.10045.4.3.2", "SHA256withECDSA"),
  ECDSA_SHA384("1.2.840.10045.4.3.3", "SHA384withECDSA"),
  ECDSA_SHA512("1.2.840.10045.4.3.4", "SHA512withECDSA"),
  RSA_SHA256("1.2.840.113549.1.1.11", "SHA256withRSA"),
  RSA_SHA384("1.2.840.113549.1.1.12", "SHA384withRSA"),
  RSA_SHA512("1.2.840.113549.1.1.13", "SHA512withRSA");

  private final String oid;
  private final String jcaName;

  SignatureAlgorithm(String oid, String jcaName) {
    this.oid = oid;
    this.jcaName = jcaName;
  }

  /// Finds the algorithm of an AlgorithmIdentifier; empty if it is not on the list.
  static Optional<SignatureAlgorithm> read(byte[] algorithmIdentifier) {
    var outer = Der.of(algorithmIdentifier);
    var sequence = outer.enter(Der.SEQUENCE);
    outer.finish();
    var oid = sequence.oid();
    for (var algorithm : values()) {
      if (algorithm.oid.equals(oid)) {
        algorithm.requireParameters(sequence);
        return Optional.of(algorithm);
      }
    }
    return Optional.empty();
  }

  /// Whether the signature is this key's over these bytes; false as well for a key of another kind
  /// and a signature without form.
  boolean verify(PublicKey key, byte[] signed, byte[] signature) {
    if (!fits(key) || !(isRsa() || isStrictEcdsa(signature))) {
      return false;
    }
    try {
      var verifier = Signature.getInstance(jcaName);
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /// ECDSA has no parameters (RFC 5758 §3.2); RSA has NULL, which some leave out (RFC 4055 §5).
  private void requireParameters(Der sequence) {
    if (isRsa() && sequence.hasMore()) {
      sequence.takeNull();
    }
    sequence.finish();
  }

  /// The JDK passes over a missing leading zero; two encodings of one signature are one too many.
  private static boolean isStrictEcdsa(byte[] signature) {
    try {
      var outer = Der.of(signature);
      var pair = outer.enter(Der.SEQUENCE);
      outer.finish();
      var r = pair.integer();
      var s = pair.integer();
      pair.finish();
      return r.signum() > 0 && s.signum() > 0;
    } catch (MalformedException e) {
      return false;
    }
  }

  private boolean fits(PublicKey key) {
    return isRsa() ? key instanceof RSAPublicKey : key instanceof ECPublicKey;
  }

  private boolean isRsa() {
    return jcaName.endsWith("RSA");
  }
}
