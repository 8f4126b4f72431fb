package dev.entente.attestor.spi;

import dev.entente.spiffe.TrustDomain;

/// Collects, on the node, the evidence of one platform.
public interface EvidenceSource {
  /// Starts one attestation with fresh evidence.
  Session open() throws AttestationFault, InterruptedException;

  /// The evidence of one attestation. Closed when that has ended, well or not.
  interface Session extends AutoCloseable {
    /// Evidence of the platform `type`, which expects no challenge.
    static Session unchallenged(String type, byte[] payload) {
      return new UnchallengedEvidence(type, payload);
    }

    /// The first payload; never empty.
    byte[] payload();

    /// The answer to a challenge of the broker.
    ///
    /// @throws AttestationFault also if this platform expects no challenge
    byte[] respond(byte[] challenge) throws AttestationFault, InterruptedException;

    /// Lets go of what the evidence needed, such as a port. Does not block.
    @Override
    default void close() {
      // Most evidence needs nothing.
    }
  }

  /// Makes an [EvidenceSource]; found through [java.util.ServiceLoader].
  interface Provider {
    /// The attestation type on the wire, such as `join_token`.
    String type();

    /// Builds the source; mistakes in `settings` are reported there.
    EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings);
  }
}
