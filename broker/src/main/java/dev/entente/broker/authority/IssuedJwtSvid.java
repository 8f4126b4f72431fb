package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Instant;

/// A signed token. It is a bearer secret: [#toString()] leaves it out.
///
/// @param token JWS compact serialization
/// @param id its `sub`
/// @param issuedAt its `iat`
/// @param expiresAt its `exp`
/// @param keyId its `kid`
public record IssuedJwtSvid(
    String token, SpiffeId id, Instant issuedAt, Instant expiresAt, String keyId) {
  @Override
  public String toString() {
    return "IssuedJwtSvid[id=" + id + ", expiresAt=" + expiresAt + ", keyId=" + keyId + "]";
  }
}
