package dev.entente.agent.node;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/// A state store that can be told to fail, before or after it has done its work.
final class InMemoryState implements AgentStateStore {
  private AgentState saved = AgentState.EMPTY;
  private final Queue<Mode> plan = new ArrayDeque<>();
  private int saves;

  enum Mode {
    OK,
    FAIL,
    FAIL_AFTER_EFFECT
  }

  /// What the next saves do, in order; those after them work.
  void plan(Mode... modes) {
    plan.addAll(java.util.List.of(modes));
  }

  AgentState saved() {
    return saved;
  }

  int saves() {
    return saves;
  }

  @Override
  public AgentState load() {
    return saved;
  }

  @Override
  public void save(AgentState state) throws IOException {
    var mode = plan.isEmpty() ? Mode.OK : plan.remove();
    saves++;
    if (mode != Mode.FAIL) {
      saved = state;
    }
    if (mode != Mode.OK) {
      throw new IOException("no space left on device");
    }
  }
}
