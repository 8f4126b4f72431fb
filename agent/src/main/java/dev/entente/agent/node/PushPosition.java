package dev.entente.agent.node;

/// How far this agent has followed a broker's changes.
///
/// @param revision the revision of the last message applied; 0 if there is none
/// @param epoch the store epoch that revision belongs to; empty if there is none
record PushPosition(long revision, String epoch) {
  /// Nothing was followed yet.
  static final PushPosition NONE = new PushPosition(0, "");
}
