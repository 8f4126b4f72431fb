package dev.entente.broker.authority;

import java.time.Instant;

/// What signs tokens of one kind.
sealed interface TokenAuthority permits JwtGeneration, WitSigningAuthority {
  /// When no token of it is valid any more.
  Instant notAfter();
}
