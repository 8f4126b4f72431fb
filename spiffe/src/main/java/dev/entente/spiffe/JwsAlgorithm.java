package dev.entente.spiffe;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Optional;

/// The nine algorithms a JWT-SVID may be signed with (JWT-SVID §2.1, RFC 7518 §3.3–§3.5). A
/// constant's name is its `alg`.
public enum JwsAlgorithm {
  /// PKCS#1 v1.5 with SHA-256.
  RS256(256),
  /// PKCS#1 v1.5 with SHA-384.
  RS384(384),
  /// PKCS#1 v1.5 with SHA-512.
  RS512(512),
  /// ECDSA on P-256 with SHA-256.
  ES256(256, Curve.P256),
  /// ECDSA on P-384 with SHA-384.
  ES384(384, Curve.P384),
  /// ECDSA on P-521 with SHA-512.
  ES512(512, Curve.P521),
  /// PSS with SHA-256.
  PS256(256),
  /// PSS with SHA-384.
  PS384(384),
  /// PSS with SHA-512.
  PS512(512);

  private final int hashBits;
  private final Optional<Curve> curve;

  JwsAlgorithm(int hashBits) {
    this.hashBits = hashBits;
    this.curve = Optional.empty();
  }

  JwsAlgorithm(int hashBits, Curve curve) {
    this.hashBits = hashBits;
    this.curve = Optional.of(curve);
  }

  /// Finds the algorithm with this `alg`, compared by case; empty for `none` and every other.
  public static Optional<JwsAlgorithm> of(String alg) {
    for (var algorithm : values()) {
      if (algorithm.name().equals(alg)) {
        return Optional.of(algorithm);
      }
    }
    return Optional.empty();
  }

  /// The algorithm we sign with when we hold this key: RS256, or the one of its curve.
  ///
  /// @throws IllegalArgumentException if the key is not one that [KeyAlgorithm#isAcceptable]
  public static JwsAlgorithm usualFor(PublicKey key) {
    for (var algorithm : values()) {
      if (algorithm.fits(key)) {
        return algorithm;
      }
    }
    throw new IllegalArgumentException("no JWS algorithm for a key that is not acceptable");
  }

  /// Whether a key is of this algorithm's kind, curve and size.
  public boolean fits(PublicKey key) {
    if (!KeyAlgorithm.isAcceptable(key)) {
      return false;
    }
    return switch (key) {
      case ECPublicKey ec -> curve.isPresent() && curve.equals(Curve.of(ec.getParams()));
      case RSAPublicKey _ -> curve.isEmpty();
      default -> false;
    };
  }

  /// A signature object whose form is the JWS one: for ECDSA both halves, at full length.
  public Signature newSignature() {
    try {
      if (curve.isPresent()) {
        return Signature.getInstance("SHA" + hashBits + "withECDSAinP1363Format");
      }
      return name().startsWith("RS")
          ? Signature.getInstance("SHA" + hashBits + "withRSA")
          : newPss();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no provider for " + name(), e);
    }
  }

  /// Whether the signature is this key's over these bytes; false as well for a key that does not
  /// fit and a signature of another length.
  boolean verify(PublicKey key, byte[] signed, byte[] signature) {
    var length = curve.map(it -> 2 * it.coordinateBytes());
    if (!fits(key) || length.filter(it -> it != signature.length).isPresent()) {
      return false;
    }
    try {
      var verifier = newSignature();
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private Signature newPss() throws GeneralSecurityException {
    var hash = "SHA-" + hashBits;
    var signature = Signature.getInstance("RSASSA-PSS");
    signature.setParameter(
        new PSSParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            hashBits / 8,
            PSSParameterSpec.TRAILER_FIELD_BC));
    return signature;
  }
}
