package dev.entente.agent.workload;

import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import java.io.IOException;

/// A process that has not connected: somebody named it by its pid.
///
/// No descriptor holds on to it, so its start time tells it from a later process with the same pid,
/// which may well be of the same user and must not be taken for it.
///
/// @param startTicks when it started, in clock ticks since boot
record NamedProcess(Workload workload, long startTicks, ProcFs processes) implements Caller {
  /// Finds the process that has this pid now.
  static NamedProcess of(int pid, ProcFs processes) throws IOException {
    // The start first: whose users are read afterwards then has at least that start, or a later one
    // that no look agrees with.
    long start = processes.mark(pid).startTicks();
    var now = processes.credentials(pid);
    return new NamedProcess(new Workload(pid, (int) now.uid(), (int) now.gid()), start, processes);
  }

  @Override
  public boolean isAlive() {
    try {
      return processes.mark(workload.pid()).startTicks() == startTicks;
    } catch (IOException e) {
      return false;
    }
  }
}
