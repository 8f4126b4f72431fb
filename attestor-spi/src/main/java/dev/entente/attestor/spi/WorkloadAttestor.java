package dev.entente.attestor.spi;

import java.util.List;

/// Turns a local process into selectors.
///
/// Safe for use by many threads; may block, callers keep it off event loops and bound it in time.
/// The caller makes sure before and after that the pid still names the process that connected.
public interface WorkloadAttestor {
  /// The selectors of the process; empty if this attestor has nothing to say about it.
  List<Selector> attest(Workload workload) throws AttestationFault, InterruptedException;

  /// A process as the kernel named it when it connected.
  record Workload(int pid, int uid, int gid) {}

  /// Makes a [WorkloadAttestor]; found through [java.util.ServiceLoader].
  interface Provider {
    /// The type of all its selectors, such as `unix`.
    String type();

    /// Builds the attestor; mistakes in `settings` are reported there.
    WorkloadAttestor create(AttestorSettings settings);
  }
}
