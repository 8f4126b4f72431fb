package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The claims of a WIT-SVID, read but not believed.
///
/// @param proofKey the key in `cnf.jwk`
/// @param proofAlgorithm the `alg` of `cnf.jwk`, which fits the key
/// @param notBefore the `nbf` claim
record WitClaims(
    SpiffeId subject,
    PublicKey proofKey,
    JwsAlgorithm proofAlgorithm,
    Instant expiresAt,
    Optional<Instant> notBefore,
    Optional<Instant> issuedAt) {
  /// Other ways to confirm a key, of which RFC 7800 §3.1 allows one at a time.
  private static final List<String> OTHER_CONFIRMATIONS = List.of("jwe", "jku");

  /// Reads the claims a WIT-SVID must have (WIT-SVID §3), and the times it may have.
  static WitClaims read(Map<String, Object> claims) {
    if (claims.containsKey("aud")) {
      throw new JwtRefusedException(
          Reason.AUDIENCE, "the token has an \"aud\", which a WIT-SVID never has");
    }
    var jwk = confirmation(claims);
    var algorithm = algorithm(jwk);
    return new WitClaims(
        JwtClaims.subject(claims.get("sub") instanceof String sub ? sub : ""),
        key(jwk, algorithm),
        algorithm,
        JwtClaims.time(claims, "exp")
            .orElseThrow(() -> new JwtRefusedException(Reason.TIME, "the token has no \"exp\"")),
        JwtClaims.time(claims, "nbf"),
        JwtClaims.time(claims, "iat"));
  }

  /// `exp` and `nbf` hold at `now`, give or take `leeway`; `iat` limits nothing (WIT-SVID §3.6).
  void requireValidAt(Instant now, Duration leeway) {
    JwtClaims.requireNotExpired(expiresAt, now, leeway);
    JwtClaims.requireReached(notBefore, "nbf", now.plus(leeway));
  }

  private static Map<String, Object> confirmation(Map<String, Object> claims) {
    if (claims.get("cnf") instanceof Map<?, ?> cnf
        && cnf.get("jwk") instanceof Map<?, ?> jwk
        && OTHER_CONFIRMATIONS.stream().noneMatch(cnf::containsKey)) {
      return Json.asObject(jwk, "jwk");
    }
    throw refused("no \"cnf\" with a \"jwk\" alone");
  }

  private static JwsAlgorithm algorithm(Map<String, Object> jwk) {
    return Optional.ofNullable(jwk.get("alg"))
        .flatMap(alg -> JwsAlgorithm.of(alg.toString()))
        .orElseThrow(
            () -> refused("no \"alg\" in \"cnf.jwk\", or none that a proof may be made with"));
  }

  private static PublicKey key(Map<String, Object> jwk, JwsAlgorithm algorithm) {
    return publicKey(jwk)
        .filter(algorithm::fits)
        .filter(_ -> mayVerify(jwk))
        .orElseThrow(() -> refused("a key in \"cnf.jwk\" that does not sign with " + algorithm));
  }

  private static Optional<PublicKey> publicKey(Map<String, Object> jwk) {
    try {
      return Jwk.read(jwk);
    } catch (IllegalArgumentException e) {
      throw refused("a \"cnf.jwk\" that is no public key: " + e.getMessage());
    }
  }

  /// What `use` and `key_ops` say, if anything (RFC 7517 §4.2, §4.3).
  private static boolean mayVerify(Map<String, Object> jwk) {
    return (!jwk.containsKey("use") || "sig".equals(jwk.get("use")))
        && (!jwk.containsKey("key_ops")
            || (jwk.get("key_ops") instanceof List<?> ops && ops.contains("verify")));
  }

  private static JwtRefusedException refused(String what) {
    return new JwtRefusedException(Reason.CONFIRMATION, "the token has " + what);
  }
}
