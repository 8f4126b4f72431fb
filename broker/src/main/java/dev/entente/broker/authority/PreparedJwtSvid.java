package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A token that passed every rule and is not signed yet. It can be issued once, by the issuer that
/// prepared it.
public final class PreparedJwtSvid implements JwtDecision {
  private final JwtIssuer issuer;
  private final TokenSigner signer;
  private final SpiffeId id;
  private final Instant issuedAt;
  private final Instant expiresAt;
  private final Optional<String> jti;
  private final byte[] claims;
  private final AtomicBoolean issued = new AtomicBoolean();

  PreparedJwtSvid(
      JwtIssuer issuer,
      TokenSigner signer,
      SpiffeId id,
      Instant issuedAt,
      Instant expiresAt,
      Optional<String> jti,
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

  /// The `kid` of the key that will sign it.
  public String keyId() {
    return signer.keyId();
  }

  /// Its `jti`, if it was asked for.
  public Optional<String> jti() {
    return jti;
  }

  /// Whether signing takes so long (RSA) that it belongs on the crypto pool.
  public boolean isSlowToSign() {
    return signer.scheme() == SignatureScheme.RSA_SHA256;
  }

  byte[] claims() {
    return claims;
  }

  /// Hands out the key, the first time to its own issuer, and never again.
  TokenSigner spend(JwtIssuer by) {
    if (by != issuer) {
      throw new IllegalStateException("JWT-SVID was prepared by another issuer");
    }
    if (!issued.compareAndSet(false, true)) {
      throw new IllegalStateException("JWT-SVID was issued already");
    }
    return signer;
  }
}
