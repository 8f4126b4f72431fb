package dev.entente.broker.authority;

import dev.entente.runtime.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What an operator does whose key files are lost for good: says so, once.
///
/// A file in the data directory carries it to the next start, which makes new authorities for those
/// whose keys are missing, and removes the file. So a key that is missing later stops the start
/// again.
public final class LostKeys {
  private static final String FILE_NAME = "lost-keys-given-up";

  private LostKeys() {}

  /// Lets the next start go on without keys that are missing.
  ///
  /// @throws IOException if a broker runs on the directory, or it cannot be written
  public static void giveUp(Path dataDir) throws IOException {
    try (var _ = DurableFiles.lock(dataDir)) {
      DurableFiles.writeAtomically(dataDir.resolve(FILE_NAME), new byte[0], DurableFiles.PRIVATE);
    }
  }

  /// Whether an operator said so.
  public static boolean areGivenUp(Path dataDir) {
    return Files.exists(dataDir.resolve(FILE_NAME));
  }

  /// It was done.
  public static void settle(Path dataDir) throws IOException {
    DurableFiles.delete(dataDir.resolve(FILE_NAME));
  }
}
