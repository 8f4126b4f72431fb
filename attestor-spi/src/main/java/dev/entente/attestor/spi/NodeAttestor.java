package dev.entente.attestor.spi;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.TrustDomain;

/// Decides, on the broker, what a node's evidence proves.
///
/// Implementations are safe for use by many threads; each attestation runs on one thread at a time
/// and may block for at most the time limit the caller set. A rule that says no is
/// [AttestationStep.Refused]; something outside that failed is an [AttestationFault].
public interface NodeAttestor {
  /// Judges the first payload of an attestation.
  AttestationStep begin(Presentation presentation) throws AttestationFault, InterruptedException;

  /// What arrived, and where it came from. Everything here is the peer's word until verified.
  ///
  /// @param payload the evidence, never empty, bounded by the caller to 64 KiB
  /// @param remoteAddress the peer's IP address in text, for attestors that compare it
  /// @param ownBundle finds the broker's own bundle as it is now, and no other; for attestors that
  ///   judge SVIDs
  record Presentation(byte[] payload, String remoteAddress, BundleSource ownBundle) {
    /// Of a broker that has no bundle.
    public Presentation(byte[] payload, String remoteAddress) {
      this(payload, remoteAddress, BundleSource.of());
    }
  }

  /// Makes a [NodeAttestor]; found through [java.util.ServiceLoader].
  interface Provider {
    /// The attestation type on the wire and in selectors, such as `x509pop`.
    String type();

    /// Builds the attestor; mistakes in `settings` are reported there.
    NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings);
  }
}
