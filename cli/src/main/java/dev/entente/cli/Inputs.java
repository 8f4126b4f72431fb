package dev.entente.cli;

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
    try (var in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      var bytes = in.readNBytes(SIZE_MAX_BYTES + 1);
      if (bytes.length > SIZE_MAX_BYTES) {
        throw Failure.usage(file + " is larger than " + SIZE_MAX_BYTES + " bytes", "");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw Failure.usage(file + " cannot be read: " + Causes.of(e), "");
    }
  }
}
