package dev.entente.broker.audit;

import java.nio.file.Path;
import java.time.Duration;

/// How a member keeps its audit log.
///
/// @param directory where the segments are; private to the broker's user
/// @param member whose chain it is
/// @param segmentMaxBytes size after which a new segment starts
/// @param queueMaxEvents events that may wait for the disk; beyond it intents fail
/// @param checkpointEvery how often the chain is signed while it grows
/// @param retention for how long full segments stay
public record AuditOptions(
    Path directory,
    String member,
    long segmentMaxBytes,
    int queueMaxEvents,
    Duration checkpointEvery,
    AuditRetention retention) {
  /// Refuses sizes that cannot work.
  public AuditOptions {
    if (segmentMaxBytes < 1 || queueMaxEvents < 1 || !checkpointEvery.isPositive()) {
      throw new IllegalArgumentException("audit sizes and times must be positive");
    }
  }

  /// Segments of 64 MiB, 8,192 waiting events, a signature each ten seconds.
  public static AuditOptions of(Path directory, String member, AuditRetention retention) {
    return new AuditOptions(directory, member, 64L << 20, 8192, Duration.ofSeconds(10), retention);
  }
}
