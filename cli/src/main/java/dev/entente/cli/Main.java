package dev.entente.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command `entente`: finds the noun, runs it, and turns what went wrong into words and an exit
/// code.
@Command(
    name = "entente",
    description =
        "A multi-cloud trust broker: proves machines and processes, issues SPIFFE identities.",
    footer = {
      "entente broker run --config broker.yaml",
      "entente token create --ttl 10m",
      "entente agent run --config agent.yaml",
      "entente entry create --spiffe-id spiffe://example.org/web \\",
      "    --parent-id spiffe://example.org/spire/agent/join_token/… \\",
      "    --selector unix:uid:1000",
      "entente svid fetch x509",
      "entente doctor",
    })
public final class Main extends Group {
  Main() {}

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    System.exit(run(arguments, Session.standard()));
  }

  static int run(String[] arguments, Session session) {
    var line = Nouns.commandLine(new Main(), session, arguments);
    line.setOut(session.output().out()).setErr(session.output().err());
    line.setParameterExceptionHandler(badUsage(session));
    line.setExecutionExceptionHandler(failed(session));
    try {
      // Who says nothing wants to know what there is.
      return arguments.length == 0 ? line.execute("--help") : line.execute(arguments);
    } catch (LinkageError | VirtualMachineError broken) {
      session.output().failure(unexpected(session, broken));
      return ExitCode.FAILED.value();
    }
  }

  private static IParameterExceptionHandler badUsage(Session session) {
    return (problem, _) -> {
      var command = problem.getCommandLine().getCommandSpec().qualifiedName();
      var message =
          problem instanceof UnmatchedArgumentException unmatched
              ? unmatched(unmatched, command)
              : lower(String.valueOf(problem.getMessage()));
      session.output().failure(Failure.usage(message, "see `" + command + " --help`"));
      return ExitCode.USAGE.value();
    };
  }

  /// What nobody asked for: behind a noun it was meant as a verb.
  private static String unmatched(UnmatchedArgumentException problem, String command) {
    var first = problem.getUnmatched().getFirst();
    if (problem.isUnknownOption()) {
      return "unknown option: '" + first + "'";
    }
    return problem.getCommandLine().getSubcommands().isEmpty()
        ? "`" + command + "` does not take '" + first + "'"
        : "there is no `" + command + " " + first + "`";
  }

  private static IExecutionExceptionHandler failed(Session session) {
    return (problem, _, _) -> {
      var failure = problem instanceof Failure expected ? expected : unexpected(session, problem);
      session.output().failure(failure);
      return failure.exitCode().value();
    };
  }

  /// A bug of ours: everything is shown only on request, so that no secret of a library's message
  /// lands on a screen unasked.
  private static Failure unexpected(Session session, Throwable problem) {
    if (session.environment().containsKey("ENTENTE_DEBUG")) {
      var trace = new StringWriter();
      problem.printStackTrace(new PrintWriter(trace, true));
      session.output().note(trace.toString());
    }
    return new Failure(
        ExitCode.FAILED,
        "internal error: " + problem.getClass().getSimpleName(),
        Optional.ofNullable(problem.getMessage()).orElse(""),
        "run it again with ENTENTE_DEBUG=1 and report what it prints");
  }

  private static String lower(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
