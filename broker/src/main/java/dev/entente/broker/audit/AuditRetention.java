package dev.entente.broker.audit;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/// For how long files of the log stay after they are full.
///
/// The file being written stays in any case, and so does whatever the broker must still find at its
/// next start.
///
/// @param age files whose last line is at least this old are removed; none if empty
/// @param totalMaxBytes the oldest are removed while all together are larger; no bound if empty
public record AuditRetention(Optional<Duration> age, OptionalLong totalMaxBytes) {
  /// Nothing is removed.
  public static final AuditRetention FOREVER =
      new AuditRetention(Optional.empty(), OptionalLong.empty());
}
