package dev.entente.spiffe;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.Arrays;

/// An elliptic curve key as it was read, for which no provider has been asked yet.
///
/// A provider's key costs a native object when it is made and another trip for each thing asked of
/// it. A certificate request's key is used once, to verify one signature, and then copied into a
/// certificate: the provider makes its own of it for the former and is not needed for the latter.
/// Keys that verify again and again come from [PublicKeys#read].
final class ReadEcKey implements ECPublicKey {
  private final Curve curve;
  private final ECPoint point;
  private final byte[] subjectPublicKeyInfo;

  /// @param point on the curve, which was checked
  /// @param subjectPublicKeyInfo the same in strict DER, not changed by anybody
  ReadEcKey(Curve curve, ECPoint point, byte[] subjectPublicKeyInfo) {
    this.curve = curve;
    this.point = point;
    this.subjectPublicKeyInfo = subjectPublicKeyInfo;
  }

  @Override
  public ECPoint getW() {
    return point;
  }

  @Override
  public ECParameterSpec getParams() {
    return curve.spec();
  }

  @Override
  public String getAlgorithm() {
    return "EC";
  }

  @Override
  public String getFormat() {
    return "X.509";
  }

  @Override
  public byte[] getEncoded() {
    return subjectPublicKeyInfo.clone();
  }

  /// As the providers' keys: equal if encoded alike.
  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey key && PublicKeys.same(this, key);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(subjectPublicKeyInfo);
  }
}
