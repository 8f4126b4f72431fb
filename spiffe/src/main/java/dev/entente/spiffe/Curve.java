package dev.entente.spiffe;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.Optional;

/// The three elliptic curves we accept, by each of their names.
@SuppressWarnings("ImmutableEnumChecker") // a parameter spec has no setters
enum Curve {
  P256("P-256", "1.2.840.10045.3.1.7", "secp256r1", 32),
  P384("P-384", "1.3.132.0.34", "secp384r1", 48),
  P521("P-521", "1.3.132.0.35", "secp521r1", 66);

  private final String jwkName;
  private final String oid;
  private final int coordinateBytes;
  private final ECParameterSpec spec;
  private final BigInteger prime;

  Curve(String jwkName, String oid, String secName, int coordinateBytes) {
    this.jwkName = jwkName;
    this.oid = oid;
    this.coordinateBytes = coordinateBytes;
    this.spec = load(secName);
    this.prime = ((ECFieldFp) spec.getCurve().getField()).getP();
  }

  static Curve ofOid(String oid) {
    for (var curve : values()) {
      if (curve.oid.equals(oid)) {
        return curve;
      }
    }
    throw new UnacceptableKeyException("elliptic curve " + oid + " is not allowed");
  }

  static Optional<Curve> ofJwkName(String name) {
    for (var curve : values()) {
      if (curve.jwkName.equals(name)) {
        return Optional.of(curve);
      }
    }
    return Optional.empty();
  }

  static Optional<Curve> of(ECParameterSpec parameters) {
    for (var curve : values()) {
      if (curve.equalsParameters(parameters)) {
        return Optional.of(curve);
      }
    }
    return Optional.empty();
  }

  String jwkName() {
    return jwkName;
  }

  String oid() {
    return oid;
  }

  /// Bytes of one coordinate, and of each half of a signature.
  int coordinateBytes() {
    return coordinateBytes;
  }

  ECParameterSpec spec() {
    return spec;
  }

  /// Whether the point satisfies y² = x³ + ax + b; all three curves have cofactor 1, so that is
  /// all.
  boolean contains(ECPoint point) {
    if (point.equals(ECPoint.POINT_INFINITY)) {
      return false;
    }
    var x = point.getAffineX();
    var y = point.getAffineY();
    if (x.signum() < 0 || y.signum() < 0 || x.compareTo(prime) >= 0 || y.compareTo(prime) >= 0) {
      return false;
    }
    var right = x.multiply(x).add(spec.getCurve().getA()).multiply(x).add(spec.getCurve().getB());
    return y.multiply(y).subtract(right).mod(prime).signum() == 0;
  }

  private boolean equalsParameters(ECParameterSpec other) {
    return spec.equals(other) || sameNumbers(other);
  }

  private boolean sameNumbers(ECParameterSpec other) {
    return spec.getCurve().getField().equals(other.getCurve().getField())
        && spec.getCurve().getA().equals(other.getCurve().getA())
        && spec.getCurve().getB().equals(other.getCurve().getB())
        && spec.getGenerator().equals(other.getGenerator())
        && spec.getOrder().equals(other.getOrder())
        && spec.getCofactor() == other.getCofactor();
  }

  private static ECParameterSpec load(String secName) {
    try {
      var parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(secName));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no provider knows the curve " + secName, e);
    }
  }
}
