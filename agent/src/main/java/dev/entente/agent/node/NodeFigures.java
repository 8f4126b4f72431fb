package dev.entente.agent.node;

/// What a node has done since it was made; each figure only grows.
///
/// @param syncs syncs that succeeded
/// @param failedSyncs syncs that did not
/// @param rotations times the agent's own SVID was replaced by a newer one
/// @param failedRotations attempts at that which failed
public record NodeFigures(long syncs, long failedSyncs, long rotations, long failedRotations) {}
