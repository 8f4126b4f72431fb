package dev.entente.broker.attestation;

import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.runtime.ConfigSection;
import dev.entente.runtime.SectionSettings;
import dev.entente.spiffe.TrustDomain;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/// Finds the node attestors on the class path and builds those the configuration names.
public final class NodeAttestors {
  private NodeAttestors() {}

  /// Builds the attestors under `attestors` of `root`; without that key, `join_token` alone.
  ///
  /// An unknown type is reported as a problem of its key, with the types there are.
  public static Map<String, NodeAttestor> read(TrustDomain trustDomain, ConfigSection root) {
    var providers = providers();
    var attestors = new LinkedHashMap<String, NodeAttestor>();
    var configured = root.sectionOrEmpty("attestors");
    for (var type : configured.keys()) {
      var provider = providers.get(type);
      if (provider == null) {
        configured.problem(
            type, "unknown attestor, there are " + String.join(", ", providers.keySet()));
      } else {
        configured
            .section(type)
            .map(SectionSettings::new)
            .ifPresent(settings -> attestors.put(type, provider.create(trustDomain, settings)));
      }
    }
    var joinToken = providers.get(JOIN_TOKEN);
    if (!root.has("attestors") && joinToken != null) {
      attestors.put(
          JOIN_TOKEN,
          joinToken.create(
              trustDomain, new SectionSettings(configured.sectionOrEmpty(JOIN_TOKEN))));
    }
    return attestors;
  }

  /// Tokens need no configuration, and without any attestor no node could join.
  private static final String JOIN_TOKEN = "join_token";

  private static Map<String, NodeAttestor.Provider> providers() {
    var byType = new TreeMap<String, NodeAttestor.Provider>();
    for (var provider : ServiceLoader.load(NodeAttestor.Provider.class)) {
      var other = byType.put(provider.type(), provider);
      if (other != null) {
        throw new IllegalStateException("two attestors of type " + provider.type());
      }
    }
    return byType;
  }
}
