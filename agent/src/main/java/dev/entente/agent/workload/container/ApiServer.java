package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.kube.KubeClient;
import java.util.Map;
import java.util.regex.Pattern;

/// Asks the API server for the labels of a namespace, as the agent's service account.
record ApiServer(KubeClient client) implements KubernetesWorkloadAttestor.NamespaceLabels {
  /// RFC 1123 label, which is what a namespace is called by.
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  @Override
  public Map<String, String> of(String namespace, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    if (!NAME.matcher(namespace).matches()) {
      throw new AttestationFault("\"" + namespace + "\" is no name of a namespace");
    }
    return client.get("/api/v1/namespaces/" + namespace, limit, PodReader::readLabels);
  }
}
