package dev.entente.attestor.spi;

import dev.entente.spiffe.TrustDomain;

/// Collects, on the node, the evidence of one platform.
public interface EvidenceSource {
  /// Starts one attestation with fresh evidence.
  Session open() throws AttestationFault, InterruptedException;

  /// The evidence of one attestation.
  interface Session {
    /// The first payload; never empty.
    byte[] payload();

    /// The answer to a challenge of the broker.
    ///
    /// @throws AttestationFault also if this platform expects no challenge
    byte[] respond(byte[] challenge) throws AttestationFault, InterruptedException;
  }

  /// Makes an [EvidenceSource]; found through [java.util.ServiceLoader].
  interface Provider {
    /// The attestation type on the wire, such as `join_token`.
    String type();

    /// Builds the source; mistakes in `settings` are reported there.
    EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings);
  }
}
