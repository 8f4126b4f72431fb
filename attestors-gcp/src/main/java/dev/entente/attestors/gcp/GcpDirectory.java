package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import java.util.Optional;

/// Asks Google Cloud what it knows of an instance. Safe for use by many threads; blocks for a
/// bounded time.
@FunctionalInterface
interface GcpDirectory {
  /// The instance that has this name in this project and zone now, if any.
  ///
  /// @throws AttestationFault if the Compute API cannot be asked, or may not be asked by us
  Optional<GcpInstance> find(GcpIdentity identity) throws AttestationFault;
}
