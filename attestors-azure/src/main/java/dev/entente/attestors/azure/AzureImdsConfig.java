package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What an operator says of `azure_imds`, checked.
///
/// @param tenants by their domains
/// @param metadataDomains for which a signer must be, in lower case
/// @param roots to which it must lead
/// @param issuers certificates between a signer and a root that need not be fetched
record AzureImdsConfig(
    Map<String, Tenant> tenants,
    Set<String> metadataDomains,
    List<X509Certificate> roots,
    List<X509Certificate> issuers,
    AgentPathTemplate agentPath,
    AzureCloud cloud) {
  private static final Set<String> VARIABLES = Set.of("TenantID", "SubscriptionID", "VMID");
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9-]+(\\.[a-z0-9-]+)+");

  AzureImdsConfig {
    tenants = Map.copyOf(tenants);
    metadataDomains = Set.copyOf(metadataDomains);
    roots = List.copyOf(roots);
    issuers = List.copyOf(issuers);
  }

  /// @param vmTags the tags of a machine that become selectors
  record Tenant(AzureTenant access, Set<String> vmTags) {
    Tenant {
      vmTags = Set.copyOf(vmTags);
    }
  }

  /// Reads the attestor's section; mistakes are reported there.
  static AzureImdsConfig read(AttestorSettings settings) {
    var roots = new ArrayList<>(AzureRoots.builtIn());
    roots.addAll(authorities(settings, "trust-bundle-path"));
    return new AzureImdsConfig(
        tenants(settings),
        metadataDomains(settings),
        roots,
        authorities(settings, "issuer-certificates"),
        agentPath(settings),
        AzureCloud.read(settings));
  }

  private static Map<String, Tenant> tenants(AttestorSettings settings) {
    var tenants = new HashMap<String, Tenant>();
    settings
        .sections("tenants")
        .forEach((domain, section) -> {
          var id = section.text("tenant-id").orElse("");
          AzureTenant.checkId(id, section, "tenant-id");
          var tags = Set.copyOf(section.texts("allowed-vm-tags"));
          tenants.put(domain, new Tenant(AzureTenant.read(id, section), tags));
        });
    if (tenants.isEmpty()) {
      settings.problem("tenants", "no tenant given, so no node could be believed");
    }
    return tenants;
  }

  private static Set<String> metadataDomains(AttestorSettings settings) {
    var domains = settings.texts("allowed-metadata-domains");
    for (var domain : domains) {
      if (!DOMAIN.matcher(domain.toLowerCase(Locale.ROOT)).matches()) {
        settings.problem("allowed-metadata-domains", "not a domain: \"" + domain + "\"");
      }
    }
    return domains.isEmpty()
        ? Set.of("metadata.azure.com")
        : domains.stream()
            .map(domain -> domain.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
  }

  private static List<X509Certificate> authorities(AttestorSettings settings, String key) {
    try {
      return settings.path(key).map(AzureRoots::read).orElse(List.of());
    } catch (IllegalArgumentException e) {
      settings.problem(key, String.valueOf(e.getMessage()));
      return List.of();
    }
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .TenantID }}/{{ .SubscriptionID }}/{{ .VMID }}";
    return AgentPathTemplate.read(settings, AzureImdsPayload.TYPE, usual, VARIABLES);
  }
}
