package dev.entente.spiffe;

import java.security.PublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/// A key that may sign tokens of the trust domain in whose bundle it stands: JWT-SVIDs or
/// WIT-SVIDs, never both. In which list of the bundle it stands says which.
///
/// @param keyId the `kid`, never empty, unique in its bundle (JWT-SVID §6.1, WIT-SVID §6.1)
/// @param publicKey a key that [KeyAlgorithm#isAcceptable]
/// @param expiresAt from when the key signs nothing valid any more, if its owner said so; bundle
///   documents do not carry it
/// @param tainted whether it is to be left: it still verifies, but what it signed is replaced early
public record JwtAuthority(
    String keyId, PublicKey publicKey, Optional<Instant> expiresAt, boolean tainted) {
  /// Refuses an empty key id and a key we would trust nobody with.
  public JwtAuthority {
    if (keyId.isEmpty()) {
      throw new IllegalArgumentException("JWT authority without a key id");
    }
    if (!KeyAlgorithm.isAcceptable(publicKey)) {
      throw new IllegalArgumentException(
          "key " + Quoted.of(keyId) + " is none of P-256, P-384, P-521, RSA 2048 to 4096");
    }
  }

  /// An authority that is not tainted and has no known end.
  public static JwtAuthority of(String keyId, PublicKey publicKey) {
    return new JwtAuthority(keyId, publicKey, Optional.empty(), false);
  }

  /// The same authority, tainted or not.
  public JwtAuthority withTainted(boolean nowTainted) {
    return new JwtAuthority(keyId, publicKey, expiresAt, nowTainted);
  }

  /// Keys are compared by their encoding, because two providers' objects for one key differ.
  @Override
  public boolean equals(Object other) {
    return other instanceof JwtAuthority that
        && keyId.equals(that.keyId)
        && PublicKeys.same(publicKey, that.publicKey)
        && expiresAt.equals(that.expiresAt)
        && tainted == that.tainted;
  }

  @Override
  public int hashCode() {
    return Objects.hash(keyId, Arrays.hashCode(publicKey.getEncoded()), expiresAt, tainted);
  }
}
