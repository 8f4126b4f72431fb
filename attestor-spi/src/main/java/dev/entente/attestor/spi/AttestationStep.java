package dev.entente.attestor.spi;

/// What a [NodeAttestor] answers to a payload or to a challenge response.
public sealed interface AttestationStep {
  /// The evidence holds.
  record Attested(AttestedNode node) implements AttestationStep {}

  /// The node has to answer `challenge`; its answer goes to `next`.
  record Challenged(byte[] challenge, Continuation next) implements AttestationStep {}

  /// A rule says no. Asking again unchanged gives the same answer.
  ///
  /// @param code stable name of the check that failed, such as `x509pop/untrusted-chain`
  /// @param detail for the operator; never sent to the node
  record Refused(String code, String detail) implements AttestationStep {}

  /// Judges the answer to a challenge.
  @FunctionalInterface
  interface Continuation {
    AttestationStep answer(byte[] response) throws AttestationFault, InterruptedException;
  }
}
