package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/// What an operator says of `gcp_iit`, checked.
///
/// @param projectIds the projects whose instances may become nodes
/// @param audience what a node's token must be made for
/// @param requireNonce whether a second token must be made for a fresh audience
/// @param metadata what is asked of the Compute API, if anything
/// @param keys where Google's keys are
record GcpIitConfig(
    Set<String> projectIds,
    String audience,
    boolean requireNonce,
    AgentPathTemplate agentPath,
    Optional<InstanceMetadata> metadata,
    URI keys) {
  private static final Set<String> VARIABLES =
      Set.of(
          "ProjectID",
          "ProjectNumber",
          "Zone",
          "InstanceID",
          "InstanceName",
          "InstanceCreationTimestamp",
          "ServiceAccount");
  private static final URI GOOGLE = URI.create("https://www.googleapis.com/oauth2/v3/certs");

  GcpIitConfig {
    projectIds = Set.copyOf(projectIds);
  }

  /// Reads the attestor's section; mistakes are reported there.
  static GcpIitConfig read(AttestorSettings settings) {
    var projects = settings.texts("projectid-allow-list");
    if (projects.isEmpty()) {
      settings.problem("projectid-allow-list", "no project given, so no node could be believed");
    }
    return new GcpIitConfig(
        Set.copyOf(projects),
        audience(settings),
        settings.flag("require-nonce", false),
        agentPath(settings),
        InstanceMetadata.read(settings),
        PlatformAddress.read(settings, "keys-url").orElse(GOOGLE));
  }

  private static String audience(AttestorSettings settings) {
    var text = settings.text("audience").orElse(GcpAudience.SPIRE);
    if (!GcpAudience.ALLOWED.matcher(text).matches()) {
      settings.problem("audience", "not like " + GcpAudience.ALLOWED + ": \"" + text + "\"");
    }
    return text;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .ProjectID }}/{{ .InstanceID }}";
    return AgentPathTemplate.read(settings, GcpIitSource.TYPE, usual, VARIABLES);
  }
}
