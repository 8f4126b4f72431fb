package dev.entente.agent.workload;

import dev.entente.attestor.spi.WorkloadAttestor.Workload;

/// The process that opened a connection, as the kernel named it at that moment.
public interface Caller {
  /// Who connected. The pid is zero if the process is not visible from the agent's pid namespace.
  Workload workload();

  /// Whether that very process still lives. May read a file: never on an event loop. Without kernel
  /// support for an answer this is true, and the start time in [ProcessMark] is what guards.
  boolean isAlive();
}
