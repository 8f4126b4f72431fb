package dev.entente.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// Runs the commands that people run most, in one process, against a broker and an agent that
/// `lib/warm.sh` started for it. The JVM remembers what they needed in the ahead-of-time cache of
/// the command line; broker and agent learn from the same calls.
///
/// Usage: `Training BROKER-SOCKET ADMIN-SOCKET WORKLOAD-SOCKET`. Prints only what failed.
public final class Training {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Pattern AGENT_ID = Pattern.compile("\"id\" : \"(spiffe://[^\"]+)\"");

  private final Map<String, String> environment;
  private int failures;

  private Training(Map<String, String> environment) {
    this.environment = environment;
  }

  /// Trains and ends with 0 if every command succeeded.
  public static void main(String[] sockets) throws IOException {
    var training =
        new Training(
            Map.of(
                Places.BROKER_SOCKET, sockets[0],
                Places.AGENT_SOCKET, sockets[1],
                WorkloadEndpoint.VARIABLE, "unix://" + sockets[2]));
    training.runAll();
    System.exit(training.failures);
  }

  private void runAll() throws IOException {
    awaited("agent", "status");
    var parent = agentId();
    var uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    run(
        "entry",
        "create",
        "--parent-id",
        parent,
        "--spiffe-id",
        "spiffe://warm.invalid/workload",
        "--selector",
        "unix:uid:" + uid);
    awaited("svid", "fetch", "x509");
    List.of(
            "svid fetch jwt --audience training",
            "svid fetch x509 -o json",
            "broker status",
            "entry list",
            "entry list -o json",
            "entry count",
            "agent list",
            "agent count",
            "token create",
            "token list",
            "bundle show",
            "bundle list",
            "federation list",
            "authority x509 show",
            "authority jwt show",
            "version",
            "doctor",
            "entry --help",
            "--help")
        .forEach(command -> run(command.split(" ", -1)));
  }

  private String agentId() {
    var answer = new StringWriter();
    run(answer, "agent", "list", "-o", "json");
    var match = AGENT_ID.matcher(answer.toString());
    return match.find() ? match.group(1) : "spiffe://warm.invalid/none";
  }

  /// Repeats a command until it succeeds: the agent needs a moment.
  private void awaited(String... arguments) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    while (Main.run(arguments, session(Writer.nullWriter(), Writer.nullWriter())) != 0) {
      if (System.nanoTime() > deadline) {
        run(arguments);
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE.toMillis()));
    }
  }

  private void run(String... arguments) {
    run(Writer.nullWriter(), arguments);
  }

  private void run(Writer out, String... arguments) {
    var said = new StringWriter();
    if (Main.run(arguments, session(out, said)) != 0) {
      failures++;
      Output.standard().note(String.join(" ", arguments) + ": " + said);
    }
  }

  private Session session(Writer out, Writer err) {
    var output = new Output(new PrintWriter(out), new PrintWriter(err), Terminal.NONE);
    return new Session(output, environment, InstantSource.system());
  }
}
