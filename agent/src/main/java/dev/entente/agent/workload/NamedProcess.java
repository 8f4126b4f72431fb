package dev.entente.agent.workload;

import dev.entente.attestor.spi.WorkloadAttestor.Workload;

/// A process that has not connected: somebody named it by its pid.
///
/// Its start time, which every look compares, tells it from a later process with the same pid.
record NamedProcess(Workload workload) implements Caller {
  @Override
  public boolean isAlive() {
    return true;
  }
}
