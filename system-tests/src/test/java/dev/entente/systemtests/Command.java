package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// A program that runs to its end, as typed into a shell.
final class Command {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private Command() {}

  /// What a program left.
  ///
  /// @param exitCode 0 is good
  record Result(int exitCode, String out, String err) {
    /// Standard output without the last line's end; fails if the program did.
    String value() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + err + out);
      }
      return out.strip();
    }

    /// Everything it said, on both streams; fails if the program did not.
    String refusal() {
      if (exitCode == 0) {
        throw new AssertionError("exit code 0: " + out);
      }
      return err + out;
    }

    /// The first text of that name in the JSON it printed.
    String json(String name) {
      var found = Pattern.compile('"' + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(value());
      if (!found.find()) {
        throw new AssertionError("no \"" + name + "\" in " + out);
      }
      return found.group(1);
    }
  }

  /// Runs it with a shell's environment and `extra`; its files are in the sandbox.
  static Result run(Sandbox sandbox, Map<String, String> extra, List<String> command) {
    return run(sandbox, extra, command, LIMIT);
  }

  /// Runs it for as long as `limit` at most.
  static Result run(
      Sandbox sandbox, Map<String, String> extra, List<String> command, Duration limit) {
    try {
      var out = Files.createTempFile(sandbox.directory(), "cmd-", ".out");
      var err = Files.createTempFile(sandbox.directory(), "cmd-", ".err");
      var builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      Environments.replace(builder, extra);
      var process = builder.start();
      process.getOutputStream().close();
      awaitEnd(process, command, limit);
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    } catch (IOException e) {
      throw new UncheckedIOException("command not run: " + command, e);
    }
  }

  private static void awaitEnd(Process process, List<String> command, Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError("no end within " + limit + ": " + command);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + command, e);
    }
  }
}
