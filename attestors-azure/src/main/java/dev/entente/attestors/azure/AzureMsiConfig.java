package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// What an operator says of `azure_msi`, checked.
///
/// @param tenants by their ids, in lower case
/// @param keys where Entra ID's keys are
record AzureMsiConfig(
    Map<String, Tenant> tenants, AgentPathTemplate agentPath, URI keys, AzureCloud cloud) {
  private static final Set<String> VARIABLES = Set.of("TenantID", "PrincipalID");

  AzureMsiConfig {
    tenants = Map.copyOf(tenants);
  }

  /// @param resourceId for whom a node's token must be made
  record Tenant(AzureTenant access, String resourceId) {}

  /// Reads the attestor's section; mistakes are reported there.
  static AzureMsiConfig read(AttestorSettings settings) {
    var cloud = AzureCloud.read(settings);
    return new AzureMsiConfig(
        tenants(settings),
        agentPath(settings),
        PlatformAddress.read(settings, "keys-url")
            .orElseGet(() -> cloud.authority().resolve("/common/discovery/keys")),
        cloud);
  }

  private static Map<String, Tenant> tenants(AttestorSettings settings) {
    var tenants = new HashMap<String, Tenant>();
    settings
        .sections("tenants")
        .forEach((id, section) -> {
          AzureTenant.checkId(id, settings, "tenants");
          var access = AzureTenant.read(id, section);
          var resource = section.text("resource-id").orElse("");
          if (resource.isEmpty()) {
            section.problem("resource-id", "not set, so no token could be for this broker");
          }
          if (tenants.put(access.tenantId(), new Tenant(access, resource)) != null) {
            settings.problem("tenants", "named twice, in another case: \"" + id + "\"");
          }
        });
    if (tenants.isEmpty()) {
      settings.problem("tenants", "no tenant given, so no node could be believed");
    }
    return tenants;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .TenantID }}/{{ .PrincipalID }}";
    return AgentPathTemplate.read(settings, AzureMsiSource.TYPE, usual, VARIABLES);
  }
}
