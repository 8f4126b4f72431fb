package dev.entente.agent.endpoint;

import java.util.Optional;
import java.util.Set;

/// What the Workload API may give away beyond identities.
///
/// @param allowUnauthenticatedVerifiers whether a process without an identity gets our own bundle
/// @param allowedForeignJwtClaims claims of tokens of other trust domains that ValidateJWTSVID
///   answers beside `sub`, `exp` and `aud`
/// @param sds how Envoy's Secret Discovery Service is served on the same socket; not at all if
///   empty
/// @param profiles which kinds of SVIDs it is about; the methods about others answer Unimplemented
/// @param limits what all callers and each user may occupy
public record WorkloadApiSettings(
    boolean allowUnauthenticatedVerifiers,
    Set<String> allowedForeignJwtClaims,
    Optional<SdsSettings> sds,
    Set<WorkloadProfile> profiles,
    WorkloadApiLimits limits) {
  /// Nothing beyond.
  public static final WorkloadApiSettings DEFAULT =
      new WorkloadApiSettings(
          false,
          Set.of(),
          Optional.of(SdsSettings.DEFAULT),
          WorkloadProfile.STABLE,
          WorkloadApiLimits.DEFAULT);

  public WorkloadApiSettings {
    allowedForeignJwtClaims = Set.copyOf(allowedForeignJwtClaims);
    profiles = Set.copyOf(profiles);
  }
}
