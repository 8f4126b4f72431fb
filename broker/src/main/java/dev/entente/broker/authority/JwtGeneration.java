package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import java.time.Instant;
import java.util.List;

/// The two keys that sign JWT-SVIDs together: made, activated, tainted and revoked as one. Its id
/// is the `kid` of the ES256 key.
///
/// @param es256 signs what is not asked for otherwise
/// @param rs256 signs for audiences that read nothing else
/// @param notAfter when no token of it is valid any more
record JwtGeneration(TokenSigner es256, TokenSigner rs256, Instant notAfter)
    implements TokenAuthority {
  String id() {
    return es256.keyId();
  }

  /// The public halves, as they stand in the bundle.
  List<JwtAuthority> authorities() {
    return List.of(es256.authority(notAfter), rs256.authority(notAfter));
  }
}
