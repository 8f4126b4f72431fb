package dev.entente.agent.endpoint;

/// What the Workload API, to which every local process may connect, has room for.
///
/// @param connectionsMax connections open at once
/// @param connectionsPerUserMax of these, of one user
/// @param streamsMax streams open at once; an idle one costs some hundred bytes
/// @param streamsPerUserMax of these, of one user, so that none can starve the others
public record WorkloadApiLimits(
    int connectionsMax, int connectionsPerUserMax, int streamsMax, int streamsPerUserMax) {
  /// A connection costs some twenty kilobytes of a heap of 48 MiB. Users of containers are often
  /// the same everywhere, root above all, so one user may have half.
  public static final WorkloadApiLimits DEFAULT =
      new WorkloadApiLimits(2_048, 1_024, 65_536, 32_768);

  public WorkloadApiLimits {
    if (connectionsMax < 1 || connectionsPerUserMax < 1) {
      throw new IllegalArgumentException("a connection limit is not positive");
    }
    if (streamsMax < 1 || streamsPerUserMax < 1) {
      throw new IllegalArgumentException("a stream limit is not positive");
    }
  }
}
