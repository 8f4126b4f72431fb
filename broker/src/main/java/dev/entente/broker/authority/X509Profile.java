package dev.entente.broker.authority;

import dev.entente.spiffe.TrustDomain;
import java.time.Duration;

/// What X509-SVIDs of one broker have in common.
///
/// @param trustDomain the only domain certificates are issued for
/// @param subject subject of leaves that do not bring their own
/// @param workloadTtl lifetime when a request does not say
/// @param agentTtl lifetime of agents
/// @param maxTtl longest lifetime that may be asked for, included; more is refused
public record X509Profile(
    TrustDomain trustDomain,
    SubjectName subject,
    Duration workloadTtl,
    Duration agentTtl,
    Duration maxTtl) {
  /// How far back a certificate starts, for clocks that are behind ours; SPIRE's value.
  public static final Duration BACKDATE = Duration.ofSeconds(10);

  /// Anything above is a mistake in a unit; the authority's own end caps long before.
  public static final Duration LONGEST_TTL = Duration.ofDays(3650);

  /// Refuses lifetimes that are not positive.
  public X509Profile {
    if (!workloadTtl.isPositive() || !agentTtl.isPositive() || !maxTtl.isPositive()) {
      throw new IllegalArgumentException("a default lifetime is not positive");
    }
  }

  /// SPIRE's defaults: subject `C=US, O=SPIRE`, one hour for workloads and agents.
  public static X509Profile of(TrustDomain trustDomain) {
    var hour = Duration.ofHours(1);
    return new X509Profile(trustDomain, SubjectName.SPIRE, hour, hour, LONGEST_TTL);
  }
}
