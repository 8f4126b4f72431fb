package dev.entente.systemtests;

import dev.entente.testkit.FakeKubernetes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/// A pod in a cluster, with the token that is projected into it; a fake.
final class PodOnANode {
  static final String PATH = "/spire/agent/k8s_psat/prod/" + FakeKubernetes.NODE_UID;

  private static final String ACCOUNT = FakeKubernetes.NAMESPACE + ":" + FakeKubernetes.ACCOUNT;

  private final FakeKubernetes cluster;
  private final Path token;

  PodOnANode(Sandbox sandbox) {
    var directory = sandbox.subdirectory("cluster");
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
    return "k8s_psat: {cluster: prod, token-path: " + token + "}";
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
    return """
    attestors:
      k8s_psat:
        clusters:
          prod:
            service-account-allow-list: ["%s"]
            kube-config-file: %s
            allowed-node-label-keys: [topology.kubernetes.io/zone]
    """
        .formatted(ACCOUNT, cluster.kubeconfig());
  }
}
