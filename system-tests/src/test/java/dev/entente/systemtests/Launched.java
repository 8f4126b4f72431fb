package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One process of a test, with everything it wrote in one file.
final class Launched {
  /// SIGTERM is answered within ten seconds, or it is a fault; the rest is for a busy machine.
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  private final String name;
  private final Process process;
  private final Path log;

  /// What a command such as `strace` runs; looked up once it is known to run, because the look
  /// takes longer than a kill may.
  private List<ProcessHandle> below = List.of();

  private Launched(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /// Starts `command` with nothing of our environment but what a user's shell has, and `extra`.
  static Launched start(String name, Path log, Map<String, String> extra, List<String> command) {
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    Environments.replace(builder, extra);
    try {
      return new Launched(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not started", e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// What it wrote so far, both streams.
  String output() {
    try {
      return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException("log of " + name + " not read", e);
    }
  }

  /// Its exit code, once it ended by itself.
  int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " still runs after " + limit + "\n" + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  /// SIGTERM, and its exit code.
  int stop() {
    process.destroy();
    return awaitExit(STOP_LIMIT);
  }

  /// SIGKILL; returns when the process is gone.
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    awaitExit(STOP_LIMIT);
  }

  /// Remembers what runs below the command that was started, for [#killBelow()].
  void findBelow() {
    below = process.children().toList();
  }

  /// The process that the command runs.
  long pidBelow() {
    return below.getFirst().pid();
  }

  /// SIGKILL to what runs below the command that was started; returns when that command, which
  /// still has to write down what it saw, has ended by itself. A command that replaced itself, as
  /// `nsenter` does, has nothing below and is killed.
  void killBelow() {
    if (below.isEmpty()) {
      kill();
      return;
    }
    below.forEach(ProcessHandle::destroyForcibly);
    awaitExit(STOP_LIMIT);
  }

  /// Throws, with its output, if it ended.
  void ensureAlive() {
    if (!process.isAlive()) {
      throw new AssertionError(
          name + " ended with exit code " + process.exitValue() + ":\n" + output());
    }
  }

  @Override
  public String toString() {
    return name + " (process " + process.pid() + ", log " + log + ")";
  }
}
