package dev.entente.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads files that a person or another program chose, and no more of them than makes sense.
///
/// What is read is counted, not what the file system says of the size: a device, a pipe or a file
/// that grows has none. All methods block.
public final class BoundedFiles {
  /// Room for a thousand authorities: a certificate, a key or a bundle that is larger is a mistake
  /// or an attack.
  public static final int DOCUMENT_MAX_BYTES = 1024 * 1024;

  private BoundedFiles() {}

  /// The bytes of `file`; fails if there are more than `bytesMax`.
  public static byte[] read(Path file, int bytesMax) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return read(file.toString(), in, bytesMax);
    }
  }

  /// What `in` still gives; fails if that is more than `bytesMax`.
  ///
  /// @param name what `in` is called in messages
  public static byte[] read(String name, InputStream in, int bytesMax) throws IOException {
    var bytes = in.readNBytes(bytesMax + 1);
    if (bytes.length > bytesMax) {
      throw new FileSystemException(name, null, "larger than " + bytesMax + " bytes");
    }
    return bytes;
  }

  /// The text of `file`, which is UTF-8; fails if it has more than `bytesMax` bytes.
  public static String readText(Path file, int bytesMax) throws IOException {
    return new String(read(file, bytesMax), StandardCharsets.UTF_8);
  }
}
