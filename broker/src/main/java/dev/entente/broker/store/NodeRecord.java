package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An attested node: which agent SVIDs it may use, and what it proved.
///
/// @param selectors what the last attestation proved, sorted
/// @param current the agent SVID in use; empty exactly if the node is banned
/// @param expiresAt when the agent SVID that is or was last in use expires; a ban leaves it,
///   because who purges nodes that expired long ago would lift a ban that looks like 1970
/// @param pending the agent SVID of a renewal that has not been used yet
/// @param canReattest whether the node may attest again at any time
/// @param agentVersion as the agent told, empty if it never did; not a change
/// @param lastSeen when the agent last told its status; not a change
/// @param claims what was used of the evidence; no secrets
public record NodeRecord(
    SpiffeId agentId,
    String attestationType,
    List<Selector> selectors,
    Optional<AgentSerial> current,
    Instant expiresAt,
    Optional<AgentSerial> pending,
    boolean banned,
    boolean canReattest,
    String agentVersion,
    Instant attestedAt,
    Optional<Instant> lastSeen,
    Map<String, String> claims) {
  public NodeRecord {
    selectors = List.copyOf(selectors);
    claims = Map.copyOf(claims);
  }

  /// An agent SVID that was signed, or is about to be.
  ///
  /// @param notAfter whole seconds
  public record AgentSerial(BigInteger number, Instant notAfter) {
    public AgentSerial {
      notAfter = Instant.ofEpochSecond(notAfter.getEpochSecond());
    }
  }

  /// Whether an agent SVID with this number is the one in use.
  public boolean isCurrent(BigInteger number) {
    return current.isPresent() && current.get().number().equals(number);
  }

  /// Whether an agent SVID with this number was given out by a renewal and never used so far.
  public boolean isPending(BigInteger number) {
    return pending.isPresent() && pending.get().number().equals(number);
  }
}
