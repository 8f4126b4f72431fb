package dev.entente.attestor.spi;

/// Evidence that says everything at once.
record UnchallengedEvidence(String type, byte[] payload) implements EvidenceSource.Session {
  @Override
  public byte[] respond(byte[] challenge) throws AttestationFault {
    throw new AttestationFault("the broker sent a challenge, " + type + " has none");
  }

  /// Without the payload, which may be a secret.
  @Override
  public String toString() {
    return "Evidence[" + payload.length + " bytes]";
  }
}
