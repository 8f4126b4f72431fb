package dev.entente.agent.workload;

/// What tells one program in a process from the next: it changes when the pid is reused (start
/// time) and when the process executes another file.
///
/// @param startTicks start of the process in clock ticks since boot
/// @param executable the file it runs; [FileIdentity#UNKNOWN] if the agent may not see it
public record ProcessMark(long startTicks, FileIdentity executable) {
  /// One file, whatever its name.
  public record FileIdentity(long device, long inode) {
    /// Stands for a file the agent may not look at; equal to itself, so that only the start time
    /// tells such processes apart.
    public static final FileIdentity UNKNOWN = new FileIdentity(-1, -1);
  }
}
