package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import java.time.Instant;

/// The key that signs WIT-SVIDs. Its id is its `kid`.
///
/// @param notAfter when no token of it is valid any more
record WitSigningAuthority(TokenSigner signer, Instant notAfter) implements TokenAuthority {
  String id() {
    return signer.keyId();
  }

  /// The public half, as it stands in the bundle.
  JwtAuthority authority() {
    return signer.authority(notAfter);
  }
}
