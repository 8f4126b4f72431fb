package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

/// A certificate that passed every rule and is not signed yet. It can be issued once, by the
/// authority that was active when it was prepared.
public final class PreparedX509Svid implements X509Decision {
  private final X509Issuer issuer;
  private final X509SigningAuthority authority;
  private final SpiffeId id;
  private final boolean signsOthers;
  private final CertificateTemplate.Variables variables;
  private final AtomicBoolean issued = new AtomicBoolean();

  PreparedX509Svid(
      X509Issuer issuer,
      X509SigningAuthority authority,
      SpiffeId id,
      boolean signsOthers,
      CertificateTemplate.Variables variables) {
    this.issuer = issuer;
    this.authority = authority;
    this.id = id;
    this.signsOthers = signsOthers;
    this.variables = variables;
  }

  /// The SPIFFE ID it will carry.
  public SpiffeId id() {
    return id;
  }

  /// The serial it will carry.
  public BigInteger serial() {
    return variables.serial();
  }

  /// Its first second of validity.
  public Instant notBefore() {
    return variables.notBefore();
  }

  /// Its last second of validity.
  public Instant notAfter() {
    return variables.notAfter();
  }

  /// The authority that will sign it, by subject key id.
  public String authorityId() {
    return authority.id();
  }

  boolean signsOthers() {
    return signsOthers;
  }

  CertificateTemplate.Variables variables() {
    return variables;
  }

  /// Hands out the authority, the first time to its own issuer, and never again.
  X509SigningAuthority spend(X509Issuer by) {
    if (by != issuer) {
      throw new IllegalStateException("X509-SVID was prepared by another issuer");
    }
    if (!issued.compareAndSet(false, true)) {
      throw new IllegalStateException("X509-SVID was issued already");
    }
    return authority;
  }
}
