package dev.entente.agent.node;

import dev.entente.spiffe.JwsAlgorithm;
import java.security.PublicKey;

/// A request for one WIT-SVID.
///
/// @param entryId the entry it is for
/// @param publicKey the workload's new key
/// @param algorithm what the workload will sign proofs with
public record WitOrder(String entryId, PublicKey publicKey, JwsAlgorithm algorithm) {}
