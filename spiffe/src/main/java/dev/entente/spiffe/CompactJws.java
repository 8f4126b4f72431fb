package dev.entente.spiffe;

import java.security.PublicKey;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A signed token of a platform, such as a cloud's: no JWT-SVID, but judged by the same strict
/// gate.
///
/// Nothing in it can be read before its signature was verified, except what is needed to find the
/// key.
public final class CompactJws {
  /// Microsoft's tokens name their key twice, by `kid` and by a digest of its certificate (RFC 7515
  /// §4.1.7); the second is not looked at.
  private static final Set<String> TOLERATED = Set.of("x5t");

  private final JoseGate gate;

  private CompactJws(JoseGate gate) {
    this.gate = gate;
  }

  /// Takes a token apart (RFC 7515 §7.1): at most 8 KiB, canonical base64url, strict JSON, an
  /// algorithm of [JwsAlgorithm], and no header parameter that says where to find a key.
  ///
  /// @throws JwtRefusedException if it is too long, or its header names another algorithm or has
  ///   what no token of ours has
  /// @throws IllegalArgumentException if it breaks another of these rules
  public static CompactJws parse(String token) {
    return new CompactJws(JoseGate.pass(token, TOLERATED));
  }

  /// The algorithm the header names.
  public JwsAlgorithm algorithm() {
    return gate.algorithm();
  }

  /// The `kid` of the header.
  public Optional<String> keyId() {
    return gate.keyId();
  }

  /// The `iss` it claims. Nobody has vouched for it: it tells only in whose keys to look.
  public Optional<String> claimedIssuer() {
    return gate.claims().get("iss") instanceof String issuer
        ? Optional.of(issuer)
        : Optional.empty();
  }

  /// The claims, if the key is of the algorithm's kind and signed them.
  public Optional<Map<String, Object>> claimsIfSignedBy(PublicKey key) {
    return gate.isSignedBy(key) ? Optional.of(gate.claims()) : Optional.empty();
  }
}
