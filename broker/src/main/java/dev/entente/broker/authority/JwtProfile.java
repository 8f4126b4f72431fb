package dev.entente.broker.authority;

import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.Optional;

/// What JWT-SVIDs of one broker have in common.
///
/// @param trustDomain the only domain tokens are issued for
/// @param issuer the `iss` claim, an https URL; tokens carry none without it
/// @param algorithm which key signs for which audience
/// @param ttl lifetime when a request does not say; minutes, because tokens are bearer secrets
/// @param maxTtl longest lifetime that may be asked for, included; more is refused
public record JwtProfile(
    TrustDomain trustDomain,
    Optional<String> issuer,
    JwtAlgorithmRule algorithm,
    Duration ttl,
    Duration maxTtl) {
  /// Refuses lifetimes that are not positive.
  public JwtProfile {
    if (!ttl.isPositive() || !maxTtl.isPositive()) {
      throw new IllegalArgumentException("a default lifetime is not positive");
    }
  }

  /// Five minutes, no `iss`, algorithm by audience.
  public static JwtProfile of(TrustDomain trustDomain) {
    return new JwtProfile(
        trustDomain,
        Optional.empty(),
        JwtAlgorithmRule.DEFAULT,
        Duration.ofMinutes(5),
        X509Profile.LONGEST_TTL);
  }
}
