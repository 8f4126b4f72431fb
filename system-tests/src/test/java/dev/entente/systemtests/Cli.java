package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The command line, as typed by an operator.
final class Cli {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Sandbox sandbox;
  private final Map<String, String> environment;

  private Cli(Sandbox sandbox, Map<String, String> environment) {
    this.sandbox = sandbox;
    this.environment = environment;
  }

  /// A shell that administers `broker`.
  static Cli of(Sandbox sandbox, BrokerProcess broker) {
    return new Cli(sandbox, Map.of("ENTENTE_BROKER_SOCKET", broker.socket().toString()));
  }

  /// What a command left.
  ///
  /// @param exitCode 0 is good
  record Result(int exitCode, String out, String err) {
    /// Standard output without the last line's end; fails if the command did.
    String value() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + err + out);
      }
      return out.strip();
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

  /// Runs `entente` with those arguments.
  Result run(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Distribution.launcher().toString());
    command.addAll(List.of(arguments));
    try {
      var out = Files.createTempFile(sandbox.directory(), "cli-", ".out");
      var err = Files.createTempFile(sandbox.directory(), "cli-", ".err");
      return run(command, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException("command not run: " + command, e);
    }
  }

  private Result run(List<String> command, Path out, Path err) throws IOException {
    var builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    Environments.replace(builder, environment);
    var process = builder.start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError("no end within " + LIMIT + ": " + command);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + command, e);
    }
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
