package dev.entente.broker.store;

import java.nio.file.Path;

/// What became of a backup.
public sealed interface BackupOutcome {
  /// The copy is complete and on disk.
  record Done(BackupReport report) implements BackupOutcome {}

  /// Something lies at the target already; it was left alone.
  record TargetExists(Path target) implements BackupOutcome {}

  /// The target cannot be where it is asked to be.
  ///
  /// @param why what is wrong with it
  record TargetUnfit(String why) implements BackupOutcome {}
}
