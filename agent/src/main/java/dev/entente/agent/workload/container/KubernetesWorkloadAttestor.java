package dev.entente.agent.workload.container;

import dev.entente.agent.workload.AttestedPod;
import dev.entente.agent.workload.PodAttestor;
import dev.entente.agent.workload.PodReference;
import dev.entente.agent.workload.container.Pod.PodContainer;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.blocking.TimeLimit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Attests processes in pods by what the kubelet of this node says about them.
///
/// | selector | from |
/// |---|---|
/// | `sa`, `ns`, `node-name`, `pod-uid`, `pod-name` | the pod |
/// | `pod-image-count`, `pod-init-image-count` | how many containers it has |
/// | `pod-image:<image>`, `pod-init-image:<image>` | each of their images, by digest and by name |
/// | `pod-label:<key>:<value>` | each of its labels |
/// | `pod-owner:<kind>:<name>`, `pod-owner-uid:<kind>:<uid>` | what made it |
/// | `container-name`, `container-image:<image>` | the very container, unless that is switched off |
/// | `ns-label:<key>:<value>` | labels of its namespace, if that is switched on |
///
/// A container that was just started may not be in the kubelet's list yet; so the list is asked for
/// again, for as long as an attestor may take; but for a container that was just waited for in vain
/// only once, because it would hold up others.
///
/// A pod that is named instead of a process has what holds for all of its containers; one that has
/// ended is no workload any more, though the kubelet may list it for days. A process that is seen
/// to run is one whatever the phase of its pod: an evicted pod is over while it still shuts down.
final class KubernetesWorkloadAttestor implements WorkloadAttestor, PodAttestor {
  static final String TYPE = "k8s";

  /// Below the limit of an attestor, so that the reason is told.
  static final Duration PATIENCE = Duration.ofSeconds(3);

  private final ContainerFinder finder;
  private final PodLists lists;
  private final Optional<NamespaceLabels> namespaces;
  private final Options options;
  private final MissedContainers missed = new MissedContainers();

  /// @param namespaces what knows labels of namespaces; empty to leave those selectors out
  KubernetesWorkloadAttestor(
      ContainerFinder finder,
      PodLists lists,
      Optional<NamespaceLabels> namespaces,
      Options options) {
    this.finder = finder;
    this.lists = lists;
    this.namespaces = namespaces;
    this.options = options;
  }

  /// @param listsMax how many lists are looked through for a container
  /// @param containerSelectors whether to tell containers of a pod apart; without that, a pod is
  ///   enough, and its container need not be known yet
  record Options(int listsMax, boolean containerSelectors) {}

  /// Knows labels of namespaces; blocks for a bounded time.
  interface NamespaceLabels {
    Map<String, String> of(String namespace, TimeLimit limit)
        throws AttestationFault, InterruptedException;
  }

  @Override
  public List<Selector> attest(Workload workload) throws AttestationFault, InterruptedException {
    var container = finder.find(workload.pid());
    return container.isPresent() ? selectors(container.get()) : List.of();
  }

  @Override
  public Optional<AttestedPod> attest(PodReference reference)
      throws AttestationFault, InterruptedException {
    var limit = TimeLimit.within(PATIENCE);
    // A pod that was just made may be missing in a list that is not.
    for (long version = 0; limit.isLeft(); ) {
      var listed = lists.newerThan(version);
      var found =
          listed.pods().stream()
              .filter(pod -> !pod.hasEnded() && pod.isNamedBy(reference))
              .toList();
      if (found.size() > 1) {
        throw new AttestationFault("the kubelet lists two pods of one name or uid");
      }
      if (!found.isEmpty()) {
        return Optional.of(attested(found.getFirst(), limit));
      }
      if (version > 0) {
        return Optional.empty();
      }
      version = listed.version();
    }
    throw new AttestationFault("the kubelet did not list its pods within " + PATIENCE);
  }

  private AttestedPod attested(Pod pod, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    return new AttestedPod(pod.uid(), Set.copyOf(podSelectors(pod, limit).all()));
  }

  private PodSelectors podSelectors(Pod pod, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    var selectors = new PodSelectors().pod(pod);
    if (namespaces.isPresent()) {
      selectors.namespace(namespaces.get().of(pod.namespace(), limit));
    }
    return selectors;
  }

  private List<Selector> selectors(Container container)
      throws AttestationFault, InterruptedException {
    if (container.maker().isPresent()) {
      throw new AttestationFault(
          "cgroup of container %s could have been made by user %d"
              .formatted(container.id(), container.maker().getAsLong()));
    }
    var limit = TimeLimit.within(PATIENCE);
    var found = find(container, limit);
    var selectors = podSelectors(found.pod(), limit);
    if (options.containerSelectors()) {
      found.container().ifPresent(selectors::container);
    }
    return selectors.all();
  }

  private Found find(Container container, TimeLimit limit)
      throws AttestationFault, InterruptedException {
    long version = 0;
    Optional<AttestationFault> trouble = Optional.empty();
    int listsMax = missed.isKnown(container.id()) ? 1 : options.listsMax();
    for (int list = 0; list < listsMax && limit.isLeft(); list++) {
      PodLists.Listed listed;
      try {
        listed = lists.newerThan(version);
      } catch (AttestationFault e) {
        trouble = Optional.of(e);
        continue;
      }
      trouble = Optional.empty();
      version = listed.version();
      var found = match(listed.pods(), container);
      if (found.isPresent()) {
        return found.get();
      }
    }
    if (trouble.isPresent()) {
      throw trouble.get();
    }
    if (listsMax > 1) {
      missed.add(container.id());
    }
    throw new AttestationFault(
        "container %s is in no pod of the kubelet".formatted(container.id()));
  }

  private Optional<Found> match(List<Pod> pods, Container container) throws AttestationFault {
    Optional<Found> found = Optional.empty();
    for (var pod : pods) {
      var next = match(pod, container);
      if (found.isPresent() && next.isPresent()) {
        throw new AttestationFault("container %s is in two pods".formatted(container.id()));
      }
      found = found.or(() -> next);
    }
    return found;
  }

  private Optional<Found> match(Pod pod, Container container) {
    var podUid = container.name().podUid();
    if (podUid.isPresent() && !podUid.get().equals(pod.uid())) {
      return Optional.empty();
    }
    var inside = pod.container(container.id());
    return inside.isPresent() || (podUid.isPresent() && !options.containerSelectors())
        ? Optional.of(new Found(pod, inside))
        : Optional.empty();
  }

  private record Found(Pod pod, Optional<PodContainer> container) {}
}
