package dev.entente.systemtests;

import dev.entente.testkit.FakeKubernetes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/// A pod in a cluster, with the token that is projected into it; a fake. In every cluster the node
/// has the same name and number.
final class PodOnANode {
  static final String PATH = "/spire/agent/k8s_psat/prod/" + FakeKubernetes.NODE_UID;

  private static final String ACCOUNT = FakeKubernetes.NAMESPACE + ":" + FakeKubernetes.ACCOUNT;

  private final String name;
  private final FakeKubernetes cluster;
  private final Path token;

  /// In the cluster `prod`.
  PodOnANode(Sandbox sandbox) {
    this(sandbox, "prod");
  }

  /// @param name the cluster's
  PodOnANode(Sandbox sandbox, String name) {
    this.name = name;
    var directory = sandbox.subdirectory("cluster-" + name);
    cluster = sandbox.register(new FakeKubernetes(directory, Instant::now));
    try {
      token = Files.writeString(directory.resolve("psat"), cluster.token("spire-server"));
    } catch (IOException e) {
      throw new UncheckedIOException("token not written", e);
    }
  }

  /// Where it comes from.
  FakeKubernetes cluster() {
    return cluster;
  }

  /// What an agent of ours has to be told.
  String evidence() {
    return evidenceOf(name);
  }

  /// The same, of a pod that says it is in another cluster.
  String evidenceOf(String other) {
    return "k8s_psat: {cluster: " + other + ", token-path: " + token + "}";
  }

  /// What SPIRE's has to be told.
  String spireEvidence() {
    return "cluster = \"prod\" token_path = \"" + token + "\"";
  }

  /// What a server of SPIRE's has to be told.
  String spireAttestor() {
    return """
    clusters = {
      "prod" = {
        service_account_allow_list = ["%s"]
        kube_config_file = "%s"
        allowed_node_label_keys = ["topology.kubernetes.io/zone"]
      }
    }
    """
        .formatted(ACCOUNT, cluster.kubeconfig());
  }

  /// What a broker of ours has to be told.
  String attestor() {
    return attestor(List.of(this));
  }

  /// The same, of several clusters.
  static String attestor(List<PodOnANode> pods) {
    return pods.stream()
        .map(pod -> pod.section())
        .collect(Collectors.joining("", "attestors:\n  k8s_psat:\n    clusters:\n", ""));
  }

  /// What a broker has to be told that believes another service account.
  String attestorOfStrangers() {
    return attestor().replace(ACCOUNT, "spire:other");
  }

  private String section() {
    return """
          %s:
            service-account-allow-list: ["%s"]
            kube-config-file: %s
            allowed-node-label-keys: [topology.kubernetes.io/zone]
    """
        .formatted(name, ACCOUNT, cluster.kubeconfig());
  }
}
