package dev.entente.spiffe;

import java.security.PublicKey;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A WIT-SVID and what it says (WIT-SVID §2, §3). It says nothing of who shows it: only a proof
/// made with its key does ([WitSvidVerifier]).
///
/// @param token the compact serialisation
/// @param id the `sub` claim
/// @param proofKey the public key in `cnf.jwk`; whoever holds the private half is `id`
/// @param proofAlgorithm what a proof is signed with, the `alg` in `cnf.jwk`
/// @param expiresAt the `exp` claim, the first moment at which it is no longer valid
/// @param issuedAt the `iat` claim
/// @param keyId the `kid` header
/// @param claims every claim, as in [JwtSvid#claims()]
public record WitSvid(
    String token,
    SpiffeId id,
    PublicKey proofKey,
    JwsAlgorithm proofAlgorithm,
    Instant expiresAt,
    Optional<Instant> issuedAt,
    String keyId,
    Map<String, Object> claims) {
  /// Copies the claims.
  public WitSvid {
    claims = Collections.unmodifiableMap(new LinkedHashMap<>(claims));
  }

  /// Whether a text says of itself that it is a WIT-SVID; nothing else of it is looked at.
  public static boolean isNamed(String token) {
    try {
      JoseGate.pass(token, JoseGate.Kind.WIT_SVID);
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /// Reads a token without verifying who signed it or whether it is still valid: for one that came
  /// straight from its issuer over an authenticated connection, and for nothing else.
  ///
  /// @throws IllegalArgumentException if it is not in the form of a WIT-SVID
  public static WitSvid readWithoutVerifying(String token) {
    var jws = JoseGate.pass(token, JoseGate.Kind.WIT_SVID);
    return of(token, jws, WitClaims.read(jws.claims()));
  }

  static WitSvid of(String token, JoseGate jws, WitClaims claims) {
    return new WitSvid(
        token,
        claims.subject(),
        claims.proofKey(),
        claims.proofAlgorithm(),
        claims.expiresAt(),
        claims.issuedAt(),
        jws.keyId().orElseThrow(),
        jws.claims());
  }

  @Override
  public String toString() {
    return "WitSvid[id=" + id + ", expiresAt=" + expiresAt + ", keyId=" + keyId + "]";
  }
}
