package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a terminal or a supervisor sends to a process.
enum Signal {
  HUP(1),
  INT(2),
  TERM(15);

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /// Sends it; returns when it was sent.
  void to(long pid) {
    try {
      var exit = new ProcessBuilder("kill", "-" + this, "" + pid).start().waitFor();
      if (exit != 0) {
        throw new AssertionError(this + " was not sent to process " + pid);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while sending " + this, e);
    }
  }

  /// Whether a process ignores it. A shell lets what it starts in the background ignore INT, and
  /// `nohup` HUP; a build that was started so passes it on to all it starts, and a JVM leaves it.
  boolean isIgnoredBy(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", "" + pid, "status")).stream()
          .filter(line -> line.startsWith("SigIgn:"))
          .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
          .anyMatch(ignored -> (ignored >> (number - 1) & 1) == 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
