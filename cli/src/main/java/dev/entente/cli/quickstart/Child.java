package dev.entente.cli.quickstart;

import dev.entente.runtime.ParentWatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One process that the quickstart started, and its log.
final class Child {
  /// Daemons that run for a minute do not repay the optimising compiler, which takes a third of the
  /// processor time of the whole quickstart. Last word to the user's own options.
  private static final String QUICK = "-XX:TieredStopAtLevel=1";

  /// Whatever becomes of the quickstart, its daemons do not outlive it: their standard input is a
  /// pipe from here.
  private static final String WITH_US = "-D" + ParentWatch.PROPERTY + "=true";

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /// Starts `command` with everything it says in `log`.
  static Child start(String name, Path log, List<String> command) {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    return start(name, log, builder.redirectOutput(log.toFile()));
  }

  /// Starts `command`, to talk with; only what it complains of is in `log`.
  static Child startTalking(String name, Path log, List<String> command) {
    return start(name, log, new ProcessBuilder(command).redirectError(log.toFile()));
  }

  private static Child start(String name, Path log, ProcessBuilder builder) {
    builder
        .environment()
        .merge("ENTENTE_JAVA_OPTS", QUICK + " " + WITH_US, (given, ours) -> ours + " " + given);
    try {
      return new Child(name, builder.start(), log);
    } catch (IOException e) {
      throw new QuickstartException(name + " not started: " + e.getMessage(), e);
    }
  }

  String name() {
    return name;
  }

  Path log() {
    return log;
  }

  Process process() {
    return process;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Throws if it ended.
  void ensureAlive() {
    if (!process.isAlive()) {
      throw new QuickstartException(name + " ended with exit code " + process.exitValue(), this);
    }
  }

  /// The last lines of its log.
  List<String> tail(int lines) {
    try {
      var all = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException e) {
      return List.of("log " + log + " not read: " + e.getMessage());
    }
  }

  /// Asks it to end: its standard input ends, and it gets SIGTERM.
  void askToEnd() {
    try {
      process.getOutputStream().close();
    } catch (IOException _) {
      // It is gone already.
    }
    process.destroy();
  }

  /// Waits for its end, and makes sure of it.
  void awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
