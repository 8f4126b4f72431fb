package dev.entente.agent.node;

import java.io.IOException;

/// Keeps an [AgentState] over restarts. May block.
///
/// A save is all or nothing: once it returned the new state survives a power cut; if it failed, or
/// never returned, what is loaded next is the old state or the new one, whole.
interface AgentStateStore {
  /// The state saved last, or the empty state.
  AgentState load() throws IOException;

  void save(AgentState state) throws IOException;
}
