package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.AttestedPod;
import dev.entente.agent.workload.PodReference;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.Selector;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A pod that somebody named; once it was found, no later pod of the same name.
final class PodSubject implements Subject {
  /// All subjects look at the same moments, and so share one list of the kubelet.
  private static final Duration LOOKED_AT_EVERY = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(PodSubject.class);

  private final WorkloadAttestation attestation;
  private final Updates updates;
  private PodReference reference;

  PodSubject(WorkloadAttestation attestation, PodReference reference, Updates updates) {
    this.attestation = attestation;
    this.reference = reference;
    this.updates = updates;
  }

  @Override
  public Future<Set<Selector>> establish() {
    return attestation
        .pod(reference)
        .recover(cause -> {
          LOG.atDebug().setCause(cause).log("Pod could not be looked at");
          return Future.failedFuture(
              WorkloadStatuses.unattested("the kubelet did not say what the pod is").asException());
        })
        .compose(found ->
            found
                .map(pod -> Future.succeededFuture(remember(pod)))
                .orElseGet(
                    () -> Future.failedFuture(SpiffeBrokerStatuses.POD_NOT_FOUND.asException())));
  }

  private Set<Selector> remember(AttestedPod pod) {
    reference = reference.pinnedTo(pod.uid());
    return pod.selectors();
  }

  @Override
  public Future<Set<Selector>> confirm() {
    return establish();
  }

  @Override
  public SvidCache.Subscription follow(Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
    return updates.follow(selectors, listener);
  }

  @Override
  public Optional<Duration> lookedAtEvery() {
    return Optional.of(LOOKED_AT_EVERY);
  }
}
