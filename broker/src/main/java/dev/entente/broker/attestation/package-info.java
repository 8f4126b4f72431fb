/// Runs a [dev.entente.attestor.spi.NodeAttestor] and turns its answer into an agent: an id, node
/// selectors, a row in the store and an agent SVID.
///
/// Attestors judge evidence and nothing else. What an attestation may change is decided here, in
/// [AttestationFlow], the same way for every platform: which ids an attestor may hand out, who is
/// banned, whether a node may attest twice, and that evidence counts once.
@NullMarked
package dev.entente.broker.attestation;

import org.jspecify.annotations.NullMarked;
