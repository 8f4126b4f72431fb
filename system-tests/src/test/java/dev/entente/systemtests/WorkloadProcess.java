package dev.entente.systemtests;

import dev.entente.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A workload in a process of its own, run by an executable of its own, so that `unix:path` tells
/// it from every other program. Unless a test says otherwise, it knows java-spiffe.
final class WorkloadProcess implements AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

  private final String name;
  private final Process process;
  private final Path errors;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  private WorkloadProcess(String name, Process process, Path errors) {
    this.name = name;
    this.process = process;
    this.errors = errors;
  }

  /// The executable that a workload of that name runs, made at the first call: the JDK's launcher,
  /// copied, beside links to the rest of the JDK.
  static Path executable(Sandbox sandbox, String name) {
    var home = sandbox.directory().resolve(name + ".jre");
    var java = home.resolve("bin/java");
    try {
      if (!Files.exists(java)) {
        Files.createDirectories(java.getParent());
        for (var part : List.of("lib", "conf", "release")) {
          Files.createSymbolicLink(home.resolve(part), Distribution.jdk().resolve(part));
        }
        Files.copy(Distribution.jdk().resolve("bin/java"), java);
        java.toFile().setExecutable(true, false);
      }
      return java;
    } catch (IOException e) {
      throw new UncheckedIOException("no runtime made for " + name, e);
    }
  }

  /// The selector that proves a workload of that name.
  static String selector(Sandbox sandbox, String name) {
    return "unix:path:" + executable(sandbox, name);
  }

  /// Starts a workload that speaks to the Workload API at `socket`.
  static WorkloadProcess start(Sandbox sandbox, String name, Path socket) {
    var command = new ArrayList<String>();
    command.add(executable(sandbox, name).toString());
    command.addAll(WorkloadArchive.flags());
    command.add("unix:" + socket);
    return start(sandbox, name, command);
  }

  /// Starts any program that obeys the words of the java-spiffe workload.
  static WorkloadProcess start(Sandbox sandbox, String name, List<String> command) {
    var errors = sandbox.directory().resolve(name + ".err");
    var builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    Environments.replace(builder, Map.of());
    try {
      var workload = new WorkloadProcess(name, builder.start(), errors);
      Thread.ofVirtual().name(name + "-reader").start(workload::read);
      return sandbox.register(workload);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not started", e);
    }
  }

  long pid() {
    return process.pid();
  }

  private void read() {
    try (var lines = new BufferedReader(process.inputReader(StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        (line.startsWith("event ") ? events : answers).add(line);
      }
    } catch (IOException _) {
      // The process was ended.
    }
  }

  /// Gives a command and returns the fields of its answer; fails if it was not obeyed.
  Map<String, String> ask(String command) {
    var answer = answer(command);
    if (!answer.startsWith("ok")) {
      throw new AssertionError(name + ": " + command + ": " + answer + "\n" + errors());
    }
    return fields(answer);
  }

  /// Gives a command that must fail, and returns why it did.
  String refusal(String command) {
    var answer = answer(command);
    if (!answer.startsWith("error")) {
      throw new AssertionError(name + ": " + command + " was obeyed: " + answer);
    }
    return answer;
  }

  /// Gives a command and tells whether it failed with PermissionDenied.
  boolean isDenied(String command) {
    var answer = answer(command);
    return answer.startsWith("error") && answer.contains("PERMISSION_DENIED");
  }

  /// Waits until the agent gives it an identity: a new entry takes a moment to reach an agent.
  WorkloadProcess identified() {
    Await.until(name + " has an identity", ANSWER_LIMIT, () -> !isDenied("context"));
    return this;
  }

  /// Gives a command and tells whether it was obeyed.
  boolean takes(String command) {
    return answer(command).startsWith("ok");
  }

  /// Waits until it has ended by itself.
  void awaitEnd() {
    Await.until(name + " has ended", ANSWER_LIMIT, () -> !process.isAlive());
  }

  private String answer(String command) {
    try {
      process.outputWriter(StandardCharsets.UTF_8).append(command).append('\n').flush();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not reached: " + errors(), e);
    }
    return next(answers, command);
  }

  /// The next thing a stream brought.
  Map<String, String> event() {
    return fields(next(events, "event"));
  }

  private String next(BlockingQueue<String> lines, String waitedFor) {
    try {
      var line = lines.poll(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (line == null) {
        throw new AssertionError(name + ": no answer to " + waitedFor + "\n" + errors());
      }
      return line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking " + name, e);
    }
  }

  private static Map<String, String> fields(String line) {
    var fields = new LinkedHashMap<String, String>();
    for (var word : line.split(" ", -1)) {
      var equals = word.indexOf('=');
      if (equals > 0) {
        fields.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return fields;
  }

  private String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
