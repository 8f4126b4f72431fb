package dev.entente.broker.store;

import java.nio.file.Path;
import java.util.List;

/// Says what a backup holds, and what it does not.
///
/// @param sha256 of the whole file, lower-case hex
/// @param bundleSequence of our own bundle in the copy; 0 if there was none
/// @param keyIds keys that the copy's authorities need; they are in the key manager, not in the
///   copy
public record BackupReport(
    Path path,
    long sizeBytes,
    String sha256,
    String epoch,
    long revision,
    long bundleSequence,
    List<String> keyIds) {
  public BackupReport {
    keyIds = List.copyOf(keyIds);
  }
}
