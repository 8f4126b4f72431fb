package dev.entente.agent.workload.container;

import dev.entente.agent.workload.PodReference;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What the kubelet says about a pod, as far as selectors tell of it. A text that is absent is
/// empty.
///
/// @param uid never empty
/// @param hasEnded whether all of its containers have ended for good, or are about to
/// @param containers those of the pod's status
/// @param initContainers likewise
record Pod(
    String uid,
    String name,
    String namespace,
    String serviceAccount,
    String node,
    boolean hasEnded,
    Map<String, String> labels,
    List<Owner> owners,
    List<PodContainer> containers,
    List<PodContainer> initContainers) {
  Pod {
    labels = Map.copyOf(labels);
    owners = List.copyOf(owners);
    containers = List.copyOf(containers);
    initContainers = List.copyOf(initContainers);
  }

  /// The container with that id, if it is one of this pod's.
  Optional<PodContainer> container(String id) {
    return Stream.concat(containers.stream(), initContainers.stream())
        .filter(container -> container.id().equals(id))
        .findFirst();
  }

  /// Whether it agrees with all that `reference` says.
  boolean isNamedBy(PodReference reference) {
    return reference
            .name()
            .map(it -> it.namespace().equals(namespace) && it.pod().equals(name))
            .orElse(true)
        && reference.uid().map(it -> it.equalsIgnoreCase(uid)).orElse(true);
  }

  /// What made the pod, such as a ReplicaSet.
  record Owner(String kind, String name, String uid) {}

  /// A container's status.
  ///
  /// @param image its name, as the runtime tells it
  /// @param imageId its digest
  /// @param id without the runtime's name in front; empty until it runs
  record PodContainer(String name, String image, String imageId, String id) {}
}
