package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// A proof of possession of a WIT-SVID's key: a Workload Proof Token
/// ([draft-ietf-wimse-wpt-02](https://datatracker.ietf.org/doc/draft-ietf-wimse-wpt/02/)).
///
/// @param id its `jti`
/// @param expiresAt its `exp`
record WorkloadProof(String id, Instant expiresAt) {
  /// Longest time from now to a proof's end (WIT-SVID §7.2): minutes, as clocks differ.
  static final Duration LONGEST_LIFE = Duration.ofMinutes(5);

  /// Claims that bind a proof to further tokens of a request. We see none of them, so what such a
  /// claim states cannot be enforced, and the proof is not taken.
  private static final List<String> OTHER_TOKENS = List.of("ath", "tth", "oth");

  /// Refuses a proof that was not made with the key of `svid`, for this token and `target`, and
  /// just now.
  static WorkloadProof judge(
      String proof, WitSvid svid, String target, Instant now, Duration leeway) {
    var jws = JoseGate.pass(proof, JoseGate.Kind.PROOF);
    if (jws.algorithm() != svid.proofAlgorithm()) {
      throw new JwtRefusedException(
          Reason.ALGORITHM,
          "the proof is signed with " + jws.algorithm() + ", not with " + svid.proofAlgorithm());
    }
    var claims = jws.claims();
    requireScope(claims, svid, target);
    var expiresAt = expiry(claims, now, leeway);
    if (!(claims.get("jti") instanceof String id) || id.isEmpty()) {
      throw refused("has no \"jti\"");
    }
    if (!jws.isSignedBy(svid.proofKey())) {
      throw new JwtRefusedException(Reason.SIGNATURE, "the proof's signature is not the key's");
    }
    return new WorkloadProof(id, expiresAt);
  }

  private static void requireScope(Map<String, Object> claims, WitSvid svid, String target) {
    if (!target.equals(claims.get("aud"))) {
      throw refused("is for another target than \"" + target + "\"");
    }
    if (!digest(svid.token()).equals(claims.get("wth"))) {
      throw refused("is for another token");
    }
    for (var name : OTHER_TOKENS) {
      if (claims.containsKey(name)) {
        throw refused("is bound to a token that was not shown, by \"" + name + "\"");
      }
    }
  }

  private static Instant expiry(Map<String, Object> claims, Instant now, Duration leeway) {
    var expiresAt =
        JwtClaims.time(claims, "exp")
            .orElseThrow(() -> new JwtRefusedException(Reason.TIME, "the proof has no \"exp\""));
    JwtClaims.requireNotExpired(expiresAt, now, leeway);
    if (expiresAt.isAfter(now.plus(LONGEST_LIFE).plus(leeway))) {
      throw refused("holds until " + expiresAt + ", at most " + LONGEST_LIFE + " are allowed");
    }
    return expiresAt;
  }

  /// The `wth` of a token: base64url of its SHA-256.
  static String digest(String token) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Digests.sha256(token.getBytes(StandardCharsets.US_ASCII)));
  }

  private static JwtRefusedException refused(String what) {
    return new JwtRefusedException(Reason.PROOF, "the proof " + what);
  }
}
