package dev.entente.broker.authority;

import dev.entente.spiffe.TrustDomain;
import java.time.Duration;

/// What WIT-SVIDs of one broker have in common.
///
/// @param trustDomain the only domain tokens are issued for
/// @param ttl lifetime when a request does not say; an hour or so, because a token is worth nothing
///   without its key
/// @param maxTtl longest lifetime that may be asked for, included; more is refused
public record WitProfile(TrustDomain trustDomain, Duration ttl, Duration maxTtl) {
  /// Refuses lifetimes that are not positive.
  public WitProfile {
    if (!ttl.isPositive() || !maxTtl.isPositive()) {
      throw new IllegalArgumentException("a default lifetime is not positive");
    }
  }

  /// An hour.
  public static WitProfile of(TrustDomain trustDomain) {
    return new WitProfile(trustDomain, Duration.ofHours(1), X509Profile.LONGEST_TTL);
  }
}
