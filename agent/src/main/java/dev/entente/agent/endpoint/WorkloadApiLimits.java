package dev.entente.agent.endpoint;

/// What the Workload API, to which every local process may connect, has room for.
///
/// @param connectionsMax connections open at once
/// @param connectionsPerUserMax of these, of one user
/// @param streamsMax streams open at once
/// @param streamsPerUserMax of these, of one user, so that none can starve the others
public record WorkloadApiLimits(
    int connectionsMax, int connectionsPerUserMax, int streamsMax, int streamsPerUserMax) {
  /// A connection costs some twenty kilobytes of the heap, an open stream seven to eight (seen in
  /// histograms: half of it is a queue of Vert.x): together some 100 MiB of the 160 that
  /// `launch.sh` allows. Users of containers are often the same everywhere, root above all, so one
  /// user may have half.
  public static final WorkloadApiLimits DEFAULT = new WorkloadApiLimits(2_048, 1_024, 8_192, 4_096);

  public WorkloadApiLimits {
    if (connectionsMax < 1 || connectionsPerUserMax < 1) {
      throw new IllegalArgumentException("a connection limit is not positive");
    }
    if (streamsMax < 1 || streamsPerUserMax < 1) {
      throw new IllegalArgumentException("a stream limit is not positive");
    }
  }
}
