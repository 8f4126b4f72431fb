package dev.entente.broker.store;

import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.spiffe.SpiffeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A successful attestation, to be recorded before the agent SVID is signed.
///
/// @param serial chosen before signing, so that the row is there first
/// @param oneTimeUse evidence that is consumed together with recording the node
/// @param keyDigest lower-case hex SHA-256 of the public key the agent asks with; says whether a
///   repeat comes from the same agent
/// @param claims what was used of the evidence; no secrets
public record NodeAttestation(
    SpiffeId agentId,
    String attestationType,
    List<Selector> selectors,
    boolean canReattest,
    AgentSerial serial,
    Optional<OneTimeUse> oneTimeUse,
    String keyDigest,
    Map<String, String> claims) {
  public NodeAttestation {
    selectors = RegistrationEntry.canonical(selectors);
    claims = Map.copyOf(claims);
  }
}
