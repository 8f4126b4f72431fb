package dev.entente.broker.authority;

import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.SpiffeId;
import java.security.PublicKey;
import java.time.Duration;

/// What a WIT-SVID is asked for.
///
/// @param id an id of our trust domain, with a path
/// @param publicKey the key of whoever will show it
/// @param algorithm what proofs will be signed with
/// @param ttl lifetime, zero for the default
public record WitSvidRequest(
    SpiffeId id, PublicKey publicKey, JwsAlgorithm algorithm, Duration ttl) {}
