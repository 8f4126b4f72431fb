package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;

/// Whether an instance is where an operator wants nodes to be. Safe for use by many threads; blocks
/// for a bounded time.
@FunctionalInterface
interface Membership {
  /// Nobody asked.
  Membership OF_ANYTHING = _ -> true;

  /// Whether this instance is.
  ///
  /// @throws AttestationFault if that cannot be found out now
  boolean holds(InstanceIdentity identity) throws AttestationFault;
}
