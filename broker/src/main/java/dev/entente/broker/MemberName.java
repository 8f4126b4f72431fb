package dev.entente.broker;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/// The name of this member in journals and audit logs: made at the first start, the same for the
/// life of its data directory.
final class MemberName {
  private static final String FILE = "member";

  /// A name has 36.
  private static final int FILE_MAX_BYTES = 256;

  private MemberName() {}

  static String of(Path dataDir) throws IOException {
    var file = dataDir.resolve(FILE);
    if (Files.exists(file)) {
      return BoundedFiles.readText(file, FILE_MAX_BYTES).strip();
    }
    var name = UUID.randomUUID().toString();
    DurableFiles.writeAtomically(file, name.getBytes(StandardCharsets.US_ASCII));
    return name;
  }
}
