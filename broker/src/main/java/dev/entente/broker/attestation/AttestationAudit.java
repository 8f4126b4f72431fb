package dev.entente.broker.attestation;

import dev.entente.attestor.spi.AttestedNode;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.broker.authority.PreparedX509Svid;
import io.vertx.core.Future;

/// What an attestation tells the audit log.
public interface AttestationAudit {
  /// An agent SVID is about to be recorded and signed; durable when the future succeeds.
  Future<Void> intent(AttestationRequest request, AttestedNode node, PreparedX509Svid prepared);

  /// The store refused; nothing was signed.
  void refused(
      AttestationRequest request, AttestedNode node, PreparedX509Svid prepared, String why);

  /// The agent SVID was signed.
  ///
  /// @param repeat whether the same evidence with the same key was served before
  void issued(AttestationRequest request, AttestedNode node, IssuedX509Svid svid, boolean repeat);
}
