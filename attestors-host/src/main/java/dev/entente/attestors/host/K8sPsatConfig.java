package dev.entente.attestors.host;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.runtime.kube.KubeTarget;
import dev.entente.runtime.kube.Kubeconfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// What an operator says of `k8s_psat`, checked.
///
/// @param clusters by the names agents call them by
record K8sPsatConfig(Map<String, Cluster> clusters) {
  static final String NODE_UID = "NodeUID";
  static final String POD_UID = "PodUID";
  static final String CLUSTER = "Cluster";

  private static final List<String> AUDIENCE = List.of("spire-server");
  private static final Set<String> VARIABLES =
      Set.of(CLUSTER, NODE_UID, POD_UID, "NodeName", "Namespace", "ServiceAccount", "PodName");
  private static final String BY_NODE =
      "/{{ .PluginName }}/{{ ." + CLUSTER + " }}/{{ ." + NODE_UID + " }}";
  private static final String BY_POD =
      "/{{ .PluginName }}/{{ ." + CLUSTER + " }}/pod/{{ ." + POD_UID + " }}";

  /// One segment of the agent's id.
  private static final Pattern CLUSTER_NAME = Pattern.compile("[A-Za-z0-9._-]{1,63}");

  private static final Pattern ACCOUNT = Pattern.compile(K8sNames.LABEL + ":" + K8sNames.SUBDOMAIN);

  K8sPsatConfig {
    clusters = Map.copyOf(clusters);
  }

  /// A cluster whose pods may be nodes.
  ///
  /// @param accounts the service accounts agents run as, as `namespace:name`; never empty
  /// @param audiences one of which a token must be for; never empty
  /// @param nodeLabels keys of the node's labels that become selectors
  /// @param podLabels keys of the pod's labels that become selectors
  record Cluster(
      ClusterApi api,
      Set<String> accounts,
      List<String> audiences,
      Set<String> nodeLabels,
      Set<String> podLabels,
      AgentPathTemplate agentPath) {
    Cluster {
      accounts = Set.copyOf(accounts);
      audiences = List.copyOf(audiences);
      nodeLabels = Set.copyOf(nodeLabels);
      podLabels = Set.copyOf(podLabels);
    }
  }

  /// Reads the attestor's section; mistakes are reported there.
  ///
  /// @param environment the variables of this process
  static K8sPsatConfig read(
      AttestorSettings settings, Function<String, Optional<String>> environment) {
    var clusters = new HashMap<String, Cluster>();
    settings
        .sections("clusters")
        .forEach((name, section) -> clusters.put(name, cluster(name, section, environment)));
    if (clusters.isEmpty()) {
      settings.problem("clusters", "no cluster given, so no node could be believed");
    }
    return new K8sPsatConfig(clusters);
  }

  private static Cluster cluster(
      String name, AttestorSettings settings, Function<String, Optional<String>> environment) {
    var accounts = settings.texts("service-account-allow-list");
    if (!CLUSTER_NAME.matcher(name).matches()) {
      settings.problem(
          "service-account-allow-list", "stands under \"" + name + "\", which is no path segment");
    }
    if (accounts.isEmpty()) {
      settings.problem("service-account-allow-list", "not set, so no pod could be believed");
    }
    for (var account : accounts) {
      if (!ACCOUNT.matcher(account).matches()) {
        settings.problem("service-account-allow-list", "not namespace:name: \"" + account + "\"");
      }
    }
    var audiences = settings.texts("audience");
    return new Cluster(
        new ClusterApi(name, target(settings, environment)),
        Set.copyOf(accounts),
        audiences.isEmpty() ? AUDIENCE : audiences,
        Set.copyOf(settings.texts("allowed-node-label-keys")),
        Set.copyOf(settings.texts("allowed-pod-label-keys")),
        agentPath(settings));
  }

  private static Supplier<KubeTarget> target(
      AttestorSettings settings, Function<String, Optional<String>> environment) {
    var file = settings.path("kube-config-file");
    if (file.isPresent()) {
      try {
        Kubeconfig.read(file.get());
      } catch (IllegalArgumentException e) {
        settings.problem("kube-config-file", String.valueOf(e.getMessage()));
      }
      return () -> Kubeconfig.read(file.get());
    }
    if (KubeTarget.inCluster(environment).isEmpty()) {
      settings.problem("kube-config-file", "not set, and this broker runs in no pod");
    }
    return () ->
        KubeTarget.inCluster(environment)
            .orElseThrow(() -> new IllegalArgumentException("this broker runs in no pod"));
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    boolean byPod = settings.flag("use-pod-uid-for-agent-id", false);
    var template = settings.text("agent-path-template");
    if (byPod && template.isPresent()) {
      settings.problem("agent-path-template", "excludes use-pod-uid-for-agent-id");
    }
    var usual = byPod ? BY_POD : BY_NODE;
    return AgentPathTemplate.read(settings, K8sPsatSource.TYPE, usual, VARIABLES);
  }
}
