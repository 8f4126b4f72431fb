package dev.entente.agent.endpoint;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A profile of the Workload API that an operator can switch off, or on (SPIFFE_Workload_API §1):
/// the methods about one kind of SVID.
public enum WorkloadProfile {
  /// `x509`: FetchX509SVID and FetchX509Bundles.
  X509,
  /// `jwt`: FetchJWTSVID, FetchJWTBundles and ValidateJWTSVID.
  JWT,
  /// FetchWITSVID and FetchWITBundles, whose standard may still change: on only where `wit-svids`
  /// says so.
  WIT;

  /// Those of the Stable standard, which are on unless an operator switches one off.
  public static final Set<WorkloadProfile> STABLE = Set.copyOf(EnumSet.of(X509, JWT));

  /// Reads the name of a stable one in a configuration file.
  ///
  /// @throws IllegalArgumentException if there is none of that name
  public static WorkloadProfile parse(String name) {
    return Arrays.stream(values())
        .filter(STABLE::contains)
        .filter(profile -> profile.key().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                '"'
                    + name
                    + "\" is none of "
                    + Arrays.stream(values())
                        .filter(STABLE::contains)
                        .map(WorkloadProfile::key)
                        .collect(Collectors.joining(", "))));
  }

  private String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
