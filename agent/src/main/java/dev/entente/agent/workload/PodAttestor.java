package dev.entente.agent.workload;

import dev.entente.attestor.spi.AttestationFault;
import java.util.Optional;

/// Finds a pod of this node that somebody names, and says what it is; a
/// [dev.entente.attestor.spi.WorkloadAttestor] that knows pods is one too.
///
/// Safe for use by many threads; may block, callers keep it off event loops and bound it in time.
public interface PodAttestor {
  /// The pod as it is now; empty if this node has none that agrees with all of `reference`.
  ///
  /// @throws AttestationFault if that cannot be said
  Optional<AttestedPod> attest(PodReference reference)
      throws AttestationFault, InterruptedException;
}
