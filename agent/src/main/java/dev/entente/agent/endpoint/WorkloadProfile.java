package dev.entente.agent.endpoint;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A profile of the Workload API that an operator can switch off (SPIFFE_Workload_API §1): the
/// methods about one kind of SVID.
public enum WorkloadProfile {
  /// `x509`: FetchX509SVID and FetchX509Bundles.
  X509,
  /// `jwt`: FetchJWTSVID, FetchJWTBundles and ValidateJWTSVID.
  JWT;

  /// Every one of them.
  public static final Set<WorkloadProfile> ALL = Set.copyOf(EnumSet.allOf(WorkloadProfile.class));

  /// Reads the name in a configuration file.
  ///
  /// @throws IllegalArgumentException if there is none of that name
  public static WorkloadProfile parse(String name) {
    return Arrays.stream(values())
        .filter(profile -> profile.key().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                '"'
                    + name
                    + "\" is none of "
                    + Arrays.stream(values())
                        .map(WorkloadProfile::key)
                        .collect(Collectors.joining(", "))));
  }

  private String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
