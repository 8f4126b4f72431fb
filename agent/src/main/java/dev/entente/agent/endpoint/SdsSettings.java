package dev.entente.agent.endpoint;

/// The names under which Envoy asks for what has no name of its own, and how bundles are written.
///
/// @param defaultSvidName the default identity; SPIFFE IDs name identities as well
/// @param defaultBundleName the bundle of the agent's own trust domain; trust domain ids name
///   bundles as well
/// @param defaultAllBundlesName every bundle the workload may use, in one
/// @param disableSpiffeCertValidation whether bundles are plain certificate authorities instead of
///   the configuration of Envoy's SPIFFE validator; a client may say otherwise for itself
public record SdsSettings(
    String defaultSvidName,
    String defaultBundleName,
    String defaultAllBundlesName,
    boolean disableSpiffeCertValidation) {
  /// The names of SPIRE.
  public static final SdsSettings DEFAULT = new SdsSettings("default", "ROOTCA", "ALL", false);

  public SdsSettings {
    requireName(defaultSvidName);
    requireName(defaultBundleName);
    requireName(defaultAllBundlesName);
    if (!areDistinct(defaultSvidName, defaultBundleName, defaultAllBundlesName)) {
      throw new IllegalArgumentException("two of the SDS names are equal");
    }
  }

  /// Answers `name` if nothing else can be meant by it.
  ///
  /// @throws IllegalArgumentException otherwise
  public static String requireName(String name) {
    if (name.isBlank() || name.equals(WantedSecrets.EVERYTHING) || name.startsWith("spiffe://")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is empty, \"*\" or a SPIFFE ID, and names something else already");
    }
    return name;
  }

  /// Whether each name means one thing.
  public static boolean areDistinct(String svid, String bundle, String allBundles) {
    return !svid.equals(bundle) && !svid.equals(allBundles) && !bundle.equals(allBundles);
  }
}
