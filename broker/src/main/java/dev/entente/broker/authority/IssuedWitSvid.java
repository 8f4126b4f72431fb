package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;

/// A signed WIT-SVID. [#toString()] leaves the token out, though it is no bearer secret.
///
/// @param token JWS compact serialization
/// @param id its `sub`
/// @param issuedAt its `iat`
/// @param expiresAt its `exp`
/// @param keyId its `kid`
public record IssuedWitSvid(
    String token, SpiffeId id, Instant issuedAt, Instant expiresAt, String keyId) {
  @Override
  public String toString() {
    return "IssuedWitSvid[id=" + id + ", expiresAt=" + expiresAt + ", keyId=" + keyId + "]";
  }
}
