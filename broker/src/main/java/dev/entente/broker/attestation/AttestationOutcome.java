package dev.entente.broker.attestation;

import dev.entente.broker.authority.IssuedX509Svid;

/// What came of an attestation.
public sealed interface AttestationOutcome {
  /// The node is recorded and has its agent SVID.
  ///
  /// @param reattestable whether it may attest again at any time instead of renewing
  record Attested(IssuedX509Svid svid, boolean reattestable) implements AttestationOutcome {}

  /// A rule said no.
  ///
  /// @param message for the node; says nothing of how the evidence was judged
  /// @param code name of the rule, for the operator
  /// @param detail why, for the operator
  record Refused(Reason reason, String message, String code, String detail)
      implements AttestationOutcome {}

  /// Which kind of rule said no.
  enum Reason {
    /// The request is malformed, or its one-time evidence unknown, used or expired.
    INVALID,
    /// No attestor of this type is configured.
    UNKNOWN_TYPE,
    /// The evidence does not hold, or the node may not attest.
    DENIED,
    /// Cannot be decided or signed now.
    UNAVAILABLE
  }
}
