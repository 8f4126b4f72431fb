package dev.entente.agent.workload.container;

import dev.entente.agent.workload.container.Pod.PodContainer;
import dev.entente.attestor.spi.Selector;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes what is known about a pod and a container of it as selectors of type `k8s`, in SPIRE's
/// words. What is empty has no selector.
final class PodSelectors {
  private final Set<Selector> found = new LinkedHashSet<>();

  PodSelectors pod(Pod pod) {
    add("sa", pod.serviceAccount());
    add("ns", pod.namespace());
    add("node-name", pod.node());
    add("pod-uid", pod.uid());
    add("pod-name", pod.name());
    add("pod-image-count", Integer.toString(pod.containers().size()));
    add("pod-init-image-count", Integer.toString(pod.initContainers().size()));
    pod.containers().forEach(container -> images("pod-image", container));
    pod.initContainers().forEach(container -> images("pod-init-image", container));
    pod.labels().forEach((key, value) -> addPair("pod-label", key, value));
    for (var owner : pod.owners()) {
      addPair("pod-owner", owner.kind(), owner.name());
      addPair("pod-owner-uid", owner.kind(), owner.uid());
    }
    return this;
  }

  PodSelectors container(PodContainer container) {
    add("container-name", container.name());
    images("container-image", container);
    return this;
  }

  PodSelectors namespace(Map<String, String> labels) {
    labels.forEach((key, value) -> addPair("ns-label", key, value));
    return this;
  }

  List<Selector> all() {
    return List.copyOf(found);
  }

  /// By digest, and by the name the runtime gives it.
  private void images(String property, PodContainer container) {
    add(property, container.imageId());
    add(property, container.image());
  }

  private void add(String property, String value) {
    if (!value.isEmpty()) {
      found.add(new Selector(KubernetesWorkloadAttestor.TYPE, property + ":" + value));
    }
  }

  /// The second half may be empty, as the values of labels often are.
  private void addPair(String property, String key, String value) {
    add(property, key + ":" + value);
  }
}
