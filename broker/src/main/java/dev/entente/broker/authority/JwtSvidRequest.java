package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.time.Duration;
import java.util.List;

/// What a JWT-SVID is asked for.
///
/// @param id an id of our trust domain, with a path
/// @param audience who shall accept it; empty texts are dropped, one must remain
/// @param ttl lifetime, zero for the default
/// @param includeJti whether it carries a unique `jti`
public record JwtSvidRequest(SpiffeId id, List<String> audience, Duration ttl, boolean includeJti) {
  /// Copies the audience without its empty texts, as SPIRE does.
  public JwtSvidRequest {
    audience = audience.stream().filter(name -> !name.isEmpty()).toList();
  }
}
