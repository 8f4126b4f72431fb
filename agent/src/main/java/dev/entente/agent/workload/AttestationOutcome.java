package dev.entente.agent.workload;

import dev.entente.attestor.spi.Selector;
import java.util.Set;

/// What is known about a caller after its attestation.
public sealed interface AttestationOutcome {
  /// The selectors hold for the process that connected; none if no attestor had anything to say.
  record Attested(Set<Selector> selectors, ProcessMark mark) implements AttestationOutcome {
    public Attested {
      selectors = Set.copyOf(selectors);
    }
  }

  /// Nothing can be said now; asking again may work.
  ///
  /// @param cause what stood in the way, for the metric and the log
  /// @param reason for the operator and the caller; names no selector and no path
  record Unattested(Cause cause, String reason) implements AttestationOutcome {}

  /// Why a caller could not be attested.
  enum Cause {
    /// The process ended, or became another one while it was looked at.
    CALLER_GONE,
    /// Not one attestor answered.
    ATTESTORS_FAILED,
    /// Too many attestations were waiting.
    OVERLOADED
  }
}
