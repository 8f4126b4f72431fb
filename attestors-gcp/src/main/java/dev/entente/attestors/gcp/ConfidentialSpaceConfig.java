package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What an operator says of `gcp_confidential_space`, checked.
///
/// @param projectIds the projects whose machines may become nodes
/// @param imageDigests the containers that may; empty: any
/// @param serviceAccounts of which a machine needs one; empty: any
/// @param hardware what may protect the machine's memory
/// @param supportAttribute what Google must say of the image; empty: nothing
/// @param allowDebug whether an image in which the operator is root may attest
/// @param allowOverrides whether command and variables may differ from the container's own
record ConfidentialSpaceConfig(
    Set<String> projectIds,
    Set<String> imageDigests,
    Set<String> serviceAccounts,
    Set<String> hardware,
    String supportAttribute,
    boolean allowDebug,
    boolean allowOverrides,
    String audience,
    AgentPathTemplate agentPath,
    URI keys) {
  private static final Set<String> VARIABLES =
      Set.of("ProjectID", "ProjectNumber", "Zone", "InstanceID", "InstanceName");
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final List<String> CONFIDENTIAL_HARDWARE =
      List.of("GCP_AMD_SEV", "GCP_AMD_SEV_ES", "GCP_INTEL_TDX");
  private static final Set<String> SUPPORT = Set.of("LATEST", "STABLE", "USABLE", "");
  private static final URI GOOGLE =
      URI.create(
          "https://www.googleapis.com/service_accounts/v1/metadata/jwk/"
              + "signer@confidentialspace-sign.iam.gserviceaccount.com");

  ConfidentialSpaceConfig {
    projectIds = Set.copyOf(projectIds);
    imageDigests = Set.copyOf(imageDigests);
    serviceAccounts = Set.copyOf(serviceAccounts);
    hardware = Set.copyOf(hardware);
  }

  /// Reads the attestor's section; mistakes are reported there.
  static ConfidentialSpaceConfig read(TrustDomain trustDomain, AttestorSettings settings) {
    var projects = settings.texts("projectid-allow-list");
    if (projects.isEmpty()) {
      settings.problem("projectid-allow-list", "no project given, so no node could be believed");
    }
    var hardware = settings.texts("hardware-models");
    return new ConfidentialSpaceConfig(
        Set.copyOf(projects),
        digests(settings),
        Set.copyOf(settings.texts("service-accounts")),
        Set.copyOf(hardware.isEmpty() ? CONFIDENTIAL_HARDWARE : hardware),
        supportAttribute(settings),
        settings.flag("allow-debug", false),
        settings.flag("allow-overrides", false),
        audience(trustDomain, settings),
        agentPath(settings),
        PlatformAddress.read(settings, "keys-url").orElse(GOOGLE));
  }

  /// Reads whom a token is for, the same on both sides; the trust domain's id unless given.
  static String audience(TrustDomain trustDomain, AttestorSettings settings) {
    var text = settings.text("audience").orElse(trustDomain.id().toString());
    if (!GcpAudience.ALLOWED.matcher(text).matches()) {
      settings.problem("audience", "not like " + GcpAudience.ALLOWED + ": \"" + text + "\"");
    }
    return text;
  }

  private static Set<String> digests(AttestorSettings settings) {
    var digests = settings.texts("image-digests");
    for (var digest : digests) {
      if (!DIGEST.matcher(digest).matches()) {
        settings.problem("image-digests", "not like " + DIGEST + ": \"" + digest + "\"");
      }
    }
    return Set.copyOf(digests);
  }

  private static String supportAttribute(AttestorSettings settings) {
    var text = settings.text("support-attribute").orElse("STABLE");
    if (!SUPPORT.contains(text)) {
      settings.problem(
          "support-attribute", "none of LATEST, STABLE, USABLE, nor empty: \"" + text + "\"");
    }
    return text;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .ProjectID }}/{{ .InstanceID }}";
    return AgentPathTemplate.read(settings, ConfidentialSpaceSource.TYPE, usual, VARIABLES);
  }
}
