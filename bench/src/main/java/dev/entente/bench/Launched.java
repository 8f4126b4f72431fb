package dev.entente.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A process of the shipped distribution, started as an operator starts it.
final class Launched implements AutoCloseable {
  private static final int STOP_SECONDS = 15;

  private final Process process;
  private final Path log;

  private Launched(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /// @param distribution where the archive was unpacked
  /// @param javaOptions flags added to the launcher's own; empty for none
  static Launched start(Path distribution, Path log, String javaOptions, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(distribution.resolve("bin/entente").toString());
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("ENTENTE_JAVA_OPTS", javaOptions);
    try {
      return new Launched(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(command + " not started", e);
    }
  }

  /// The Java process's own: the launcher's shell becomes it.
  long pid() {
    return process.pid();
  }

  /// Fails if it has ended.
  void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "process ended with code " + process.exitValue() + ", its log is " + log);
    }
  }

  /// Waits for its end and returns its code.
  int await() {
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "process did not end within " + STOP_SECONDS + " s: " + log);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a process ended", e);
    }
  }

  /// SIGTERM, and waits.
  @Override
  public void close() {
    process.destroy();
    var _ = await();
  }
}
