package dev.entente.agent.endpoint;

import java.util.Set;

/// What the Workload API may give away beyond identities.
///
/// @param allowUnauthenticatedVerifiers whether a process without an identity gets our own bundle
/// @param allowedForeignJwtClaims claims of tokens of other trust domains that ValidateJWTSVID
///   answers beside `sub`, `exp` and `aud`
/// @param limits what all callers and each user may occupy
public record WorkloadApiSettings(
    boolean allowUnauthenticatedVerifiers,
    Set<String> allowedForeignJwtClaims,
    WorkloadApiLimits limits) {
  /// Nothing beyond.
  public static final WorkloadApiSettings DEFAULT =
      new WorkloadApiSettings(false, Set.of(), WorkloadApiLimits.DEFAULT);

  public WorkloadApiSettings {
    allowedForeignJwtClaims = Set.copyOf(allowedForeignJwtClaims);
  }
}
