package dev.entente.testkit;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;

/// A node whose evidence answers a challenge, with no network between it and the attestor.
public final class ChallengedNode {
  private ChallengedNode() {}

  /// Shows what the source has, and the answer to the one challenge that follows.
  ///
  /// @throws ClassCastException if none follows
  public static AttestationStep attest(NodeAttestor attestor, EvidenceSource source)
      throws AttestationFault, InterruptedException {
    var session = source.open();
    var challenged = (Challenged) attestor.begin(new Presentation(session.payload(), "192.0.2.1"));
    return challenged.next().answer(session.respond(challenged.challenge()));
  }
}
