package dev.entente.attestor.spi;

import dev.entente.spiffe.SpiffeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What verified evidence proves about a node.
///
/// @param agentId the id the agent gets, under `/spire/agent/<type>/`
/// @param selectors the node's selectors, deduplicated by the caller
/// @param reattestable whether the same node may attest again at any time; if not, only the first
///   attestation counts until an operator evicts the node
/// @param oneTimeUse evidence that must be consumed together with recording the node, if any
/// @param claims what was used of the evidence, for the audit log; no secrets
public record AttestedNode(
    SpiffeId agentId,
    List<Selector> selectors,
    boolean reattestable,
    Optional<OneTimeUse> oneTimeUse,
    Map<String, String> claims) {
  public AttestedNode {
    selectors = List.copyOf(selectors);
    claims = Map.copyOf(claims);
  }
}
