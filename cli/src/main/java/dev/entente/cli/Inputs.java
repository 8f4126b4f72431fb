package dev.entente.cli;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a command reads besides its arguments.
final class Inputs {
  /// Larger than any certificate chain, token or bundle.
  static final int SIZE_MAX_BYTES = 4 * 1024 * 1024;

  private Inputs() {}

  /// `token` itself, or standard input's only line where it is `-`.
  static String tokenOrStandardInput(String token) {
    return token.equals("-") ? text(Path.of("-")).strip() : token;
  }

  /// The text of `file`, or of standard input where it is `-`.
  static String text(Path file) {
    return new String(bytes(file, SIZE_MAX_BYTES), StandardCharsets.UTF_8);
  }

  /// The bytes of `file`, or of standard input where it is `-`; at most `bytesMax`.
  static byte[] bytes(Path file, int bytesMax) {
    try (var in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      return BoundedFiles.read(file.toString(), in, bytesMax);
    } catch (IOException e) {
      throw Failure.usage(file + " cannot be read: " + Causes.of(e), "");
    }
  }
}
