package dev.entente.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Stream;

/// Runs commands in this process and keeps what they printed.
final class Console {
  static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Terminal terminal;
  private final Map<String, String> environment;

  Console() {
    this(Terminal.NONE, Map.of());
  }

  Console(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    this.environment = environment;
  }

  int run(String... arguments) {
    return Main.run(arguments, session());
  }

  /// Runs a command that asks the daemon on `socket`.
  int runAt(Path socket, String... arguments) {
    var all = Stream.concat(Stream.of(arguments), Stream.of("--socket", socket.toString()));
    return run(all.toArray(String[]::new));
  }

  Session session() {
    var output = new Output(new PrintWriter(out, true), new PrintWriter(err, true), terminal);
    return new Session(output, environment, InstantSource.fixed(NOW));
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
