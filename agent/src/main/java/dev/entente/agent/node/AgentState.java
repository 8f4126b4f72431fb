package dev.entente.agent.node;

import dev.entente.spiffe.SpiffeBundle;
import java.security.KeyPair;
import java.util.Optional;

/// What an agent keeps over a restart.
///
/// @param identity the SVID and its key
/// @param pendingKey a key that evidence or a renewal was sent with, or is about to be; it stays
///   until an SVID for it has arrived, so that a request whose answer was lost can be repeated
/// @param bundle the bundle of our own trust domain
record AgentState(
    Optional<AgentIdentity> identity, Optional<KeyPair> pendingKey, Optional<SpiffeBundle> bundle) {
  /// A node that was never attested.
  static final AgentState EMPTY =
      new AgentState(Optional.empty(), Optional.empty(), Optional.empty());

  AgentState withIdentity(AgentIdentity next) {
    return new AgentState(Optional.of(next), Optional.empty(), bundle);
  }

  AgentState withoutIdentity() {
    return new AgentState(Optional.empty(), Optional.empty(), bundle);
  }

  AgentState withPendingKey(KeyPair key) {
    return new AgentState(identity, Optional.of(key), bundle);
  }

  AgentState withBundle(SpiffeBundle next) {
    return new AgentState(identity, pendingKey, Optional.of(next));
  }
}
