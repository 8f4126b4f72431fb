package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A token that passed every rule and is not signed yet. It can be issued once, by the issuer that
/// prepared it.
public final class PreparedToken implements TokenDecision {
  private final TokenRules<?> rules;
  private final TokenRules.Terms<?> terms;
  private final TokenSigner signer;
  private final Optional<String> jti;
  private final byte[] claims;
  private final AtomicBoolean issued = new AtomicBoolean();

  /// @param rules those of its issuer
  PreparedToken(
      TokenRules<?> rules,
      TokenRules.Terms<?> terms,
      TokenSigner signer,
      Optional<String> jti,
      byte[] claims) {
    this.rules = rules;
    this.terms = terms;
    this.signer = signer;
    this.jti = jti;
    this.claims = claims;
  }

  /// Its `sub`.
  public SpiffeId id() {
    return terms.id();
  }

  /// Its `iat`.
  public Instant issuedAt() {
    return terms.issuedAt();
  }

  /// Its `exp`.
  public Instant expiresAt() {
    return terms.expiresAt();
  }

  /// The `kid` of the key that will sign it.
  public String keyId() {
    return signer.keyId();
  }

  /// Its `jti`, if it has one.
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
  TokenSigner spend(TokenRules<?> by) {
    if (by != rules) {
      throw new IllegalStateException("token was prepared by another issuer");
    }
    if (!issued.compareAndSet(false, true)) {
      throw new IllegalStateException("token was issued already");
    }
    return signer;
  }
}
