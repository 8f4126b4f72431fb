package dev.entente.agent.node;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;

/// A JWT-SVID as the broker handed it out; its signature is for the relying party to verify.
///
/// The token never shows in `toString`.
///
/// @param token the compact serialisation
/// @param spiffeId the identity in `sub`
/// @param keyId the `kid` of its header, which tells whether a tainted authority signed it
public record IssuedJwt(
    String token, SpiffeId spiffeId, String keyId, Instant issuedAt, Instant expiresAt) {
  public IssuedJwt {
    if (!expiresAt.isAfter(issuedAt)) {
      throw new IllegalArgumentException(
          "JWT-SVID expires at " + expiresAt + ", not after it was issued at " + issuedAt);
    }
  }

  @Override
  public String toString() {
    return "IssuedJwt[" + spiffeId + ", kid=" + keyId + ", expiresAt=" + expiresAt + "]";
  }
}
