package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

/// A WIT-SVID that passed every rule and is not signed yet. It can be issued once, by the issuer
/// that prepared it.
public final class PreparedWitSvid implements WitDecision {
  private final WitIssuer issuer;
  private final TokenSigner signer;
  private final SpiffeId id;
  private final Instant issuedAt;
  private final Instant expiresAt;
  private final String jti;
  private final byte[] claims;
  private final AtomicBoolean issued = new AtomicBoolean();

  PreparedWitSvid(
      WitIssuer issuer,
      TokenSigner signer,
      SpiffeId id,
      Instant issuedAt,
      Instant expiresAt,
      String jti,
      byte[] claims) {
    this.issuer = issuer;
    this.signer = signer;
    this.id = id;
    this.issuedAt = issuedAt;
    this.expiresAt = expiresAt;
    this.jti = jti;
    this.claims = claims;
  }

  /// Its `sub`.
  public SpiffeId id() {
    return id;
  }

  /// Its `iat`.
  public Instant issuedAt() {
    return issuedAt;
  }

  /// Its `exp`.
  public Instant expiresAt() {
    return expiresAt;
  }

  /// Its `jti`.
  public String jti() {
    return jti;
  }

  /// The `kid` of the key that will sign it.
  public String keyId() {
    return signer.keyId();
  }

  byte[] claims() {
    return claims;
  }

  /// Hands out the key, the first time to its own issuer, and never again.
  TokenSigner spend(WitIssuer by) {
    if (by != issuer) {
      throw new IllegalStateException("WIT-SVID was prepared by another issuer");
    }
    if (!issued.compareAndSet(false, true)) {
      throw new IllegalStateException("WIT-SVID was issued already");
    }
    return signer;
  }
}
