package dev.entente.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// Directories that live as long as a measurement.
final class Directories {
  private Directories() {}

  static Path makeTemporary() {
    try {
      return Files.createTempDirectory("entente-bench");
    } catch (IOException e) {
      throw new UncheckedIOException("no directory made for the measurement", e);
    }
  }

  static Path make(Path directory) {
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("directory " + directory + " not made", e);
    }
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " not written", e);
    }
  }

  /// Removes it with everything below.
  static void delete(Path directory) {
    try (var below = Files.walk(directory)) {
      for (var path : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " not removed", e);
    }
  }
}
