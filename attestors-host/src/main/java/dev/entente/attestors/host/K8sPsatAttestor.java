package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.host.K8sNames.Account;
import dev.entente.attestors.host.KubernetesObjects.Node;
import dev.entente.attestors.host.KubernetesObjects.Pod;
import dev.entente.attestors.host.KubernetesObjects.Review;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Judges a token that Kubernetes projected into the pod of an agent.
///
/// 1. The payload has the shape of one, and names a configured cluster.
/// 2. That cluster's API server reviews the token: it is signed, in force, for an audience of ours,
///    and what it is bound to is still there.
/// 3. It is of an allowed service account, and bound to a pod.
/// 4. The pod is looked up: it is the very one the token is bound to, of that account, and runs.
/// 5. The node it runs on is looked up: it is the one the token names, if it names one.
///
/// An offline check of the signature would be cheaper and would believe tokens of pods that are
/// gone; so the API server is asked each time, and while it does not answer nobody is refused.
public final class K8sPsatAttestor implements NodeAttestor {
  private static final String NAME = "k8s-psat";

  /// What Kubernetes makes has about 1,200 characters.
  private static final int TOKEN_MAX_CHARS = 8 * 1024;

  /// A pod in one of these runs no agent any more.
  private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

  private final TrustDomain trustDomain;
  private final K8sPsatConfig config;

  K8sPsatAttestor(TrustDomain trustDomain, K8sPsatConfig config) {
    this.trustDomain = trustDomain;
    this.config = config;
  }

  @Override
  public AttestationStep begin(Presentation presentation)
      throws AttestationFault, InterruptedException {
    try {
      return new AttestationStep.Attested(judge(payload(presentation.payload()))); // 1
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private static K8sPsatPayload payload(byte[] json) throws Refusal {
    K8sPsatPayload shown;
    try {
      shown = K8sPsatPayload.parse(json);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
    var length = shown.token().length();
    Refusal.unless(
        length <= TOKEN_MAX_CHARS,
        "too-long",
        "a token of " + length + " characters, at most " + TOKEN_MAX_CHARS);
    return shown;
  }

  private AttestedNode judge(K8sPsatPayload shown)
      throws Refusal, AttestationFault, InterruptedException {
    var cluster = config.clusters().get(shown.cluster());
    if (cluster == null) {
      throw new Refusal("unknown-cluster", "\"" + shown.cluster() + "\" is not among clusters");
    }
    var review = cluster.api().review(shown.token(), cluster.audiences());
    requireGood(review, cluster); // 2
    var account = account(review, cluster); // 3
    var pod = pod(review, account, cluster); // 4
    var node = node(review, pod, cluster); // 5
    return attested(shown, cluster, new Facts(account, review.bound("pod-name"), pod, node));
  }

  /// An API server that knows nothing of audiences leaves them out, and has looked at none.
  private static void requireGood(Review review, K8sPsatConfig.Cluster cluster) throws Refusal {
    Refusal.unless(review.authenticated(), "not-authenticated", review.error());
    Refusal.unless(
        !Collections.disjoint(review.audiences(), cluster.audiences()),
        "wrong-audience",
        "the token is for " + review.audiences() + ", not for " + cluster.audiences());
  }

  private static Account account(Review review, K8sPsatConfig.Cluster cluster) throws Refusal {
    var account = K8sNames.account(review.username());
    Refusal.unless(
        cluster.accounts().contains(account.toString()),
        "service-account-not-allowed",
        account + " is not in service-account-allow-list");
    return account;
  }

  private static Pod pod(Review review, Account account, K8sPsatConfig.Cluster cluster)
      throws Refusal, AttestationFault, InterruptedException {
    var name = review.bound("pod-name");
    var uid = review.bound("pod-uid");
    Refusal.unless(
        K8sNames.NAME.matcher(name).matches() && K8sNames.UID.matcher(uid).matches(),
        "not-of-a-pod",
        "the token is bound to no pod");
    var found = cluster.api().pod(account.namespace(), name);
    if (found.isEmpty()) {
      throw new Refusal("pod-not-found", "there is no pod " + account.namespace() + "/" + name);
    }
    var pod = found.get();
    Refusal.unless(
        pod.uid().equals(uid), "other-pod", "pod " + name + " is " + pod.uid() + ", not " + uid);
    Refusal.unless(
        pod.account().equals(account.name()),
        "other-service-account",
        "pod " + name + " runs as \"" + pod.account() + "\", not as " + account.name());
    Refusal.unless(
        !ENDED.contains(pod.phase()), "pod-ended", "pod " + name + " has " + pod.phase());
    return pod;
  }

  private static Node node(Review review, Pod pod, K8sPsatConfig.Cluster cluster)
      throws Refusal, AttestationFault, InterruptedException {
    var name = pod.nodeName();
    Refusal.unless(
        K8sNames.NAME.matcher(name).matches(),
        "no-node",
        "the pod runs on no node: \"" + name + "\"");
    requireBound(review, "node-name", name);
    var node = cluster.api().node(name);
    if (node.isEmpty()) {
      throw new Refusal("node-not-found", "there is no node " + name);
    }
    var uid = node.get().uid();
    if (!K8sNames.UID.matcher(uid).matches()) {
      throw new AttestationFault("node " + name + " has no usable uid");
    }
    requireBound(review, "node-uid", uid);
    return node.get();
  }

  /// Kubernetes before 1.30 binds tokens to pods only.
  private static void requireBound(Review review, String name, String value) throws Refusal {
    var bound = review.bound(name);
    Refusal.unless(
        bound.isEmpty() || bound.equals(value),
        "other-node",
        "the token is bound to " + name + " " + bound + ", the pod runs on " + value);
  }

  /// @param podName by which it was found
  private record Facts(Account account, String podName, Pod pod, Node node) {}

  private AttestedNode attested(K8sPsatPayload shown, K8sPsatConfig.Cluster cluster, Facts facts)
      throws Refusal {
    var pod = facts.pod();
    var node = facts.node();
    return new AttestedNode(
        agentId(shown.cluster(), cluster, facts),
        selectors(shown.cluster(), cluster, facts),
        true,
        Optional.empty(),
        Map.of(
            "cluster", shown.cluster(),
            "service-account", facts.account().toString(),
            "pod", facts.podName(),
            "pod-uid", pod.uid(),
            "node", pod.nodeName(),
            "node-uid", node.uid(),
            "token-sha256", Digests.sha256Hex(shown.token().getBytes(StandardCharsets.UTF_8))));
  }

  private SpiffeId agentId(String name, K8sPsatConfig.Cluster cluster, Facts facts) throws Refusal {
    return cluster
        .agentPath()
        .agentId(
            trustDomain,
            Map.of(
                K8sPsatConfig.CLUSTER,
                name,
                K8sPsatConfig.NODE_UID,
                facts.node().uid(),
                K8sPsatConfig.POD_UID,
                facts.pod().uid(),
                "NodeName",
                facts.pod().nodeName(),
                "Namespace",
                facts.account().namespace(),
                "ServiceAccount",
                facts.account().name(),
                "PodName",
                facts.podName()));
  }

  private static List<Selector> selectors(String name, K8sPsatConfig.Cluster cluster, Facts facts) {
    var values = new ArrayList<String>();
    values.add("cluster:" + name);
    values.add("agent_ns:" + facts.account().namespace());
    values.add("agent_sa:" + facts.account().name());
    values.add("agent_pod_name:" + facts.podName());
    values.add("agent_pod_uid:" + facts.pod().uid());
    if (!facts.pod().hostIp().isEmpty()) {
      values.add("agent_node_ip:" + facts.pod().hostIp());
    }
    values.add("agent_node_name:" + facts.pod().nodeName());
    values.add("agent_node_uid:" + facts.node().uid());
    addLabels(values, "agent_node_label:", facts.node().labels(), cluster.nodeLabels());
    addLabels(values, "agent_pod_label:", facts.pod().labels(), cluster.podLabels());
    return Selector.ofType(K8sPsatSource.TYPE, values);
  }

  private static void addLabels(
      List<String> values, String prefix, Map<String, String> labels, Set<String> allowed) {
    labels.forEach((key, value) -> {
      if (allowed.contains(key)) {
        values.add(prefix + key + ":" + value);
      }
    });
  }

  /// Offers [K8sPsatAttestor]; its keys stand in docs/attestors/k8s_psat.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return K8sPsatSource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config =
          K8sPsatConfig.read(
              settings,
              name -> Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()));
      return new K8sPsatAttestor(trustDomain, config);
    }
  }
}
