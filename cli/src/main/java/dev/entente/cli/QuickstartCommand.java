package dev.entente.cli;

import dev.entente.cli.quickstart.Quickstart;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Shows everything on one machine.
@Command(
    name = "quickstart",
    description = {
      "Starts two federated trust domains on this machine and shows what they do.",
      "Attested nodes, SVIDs, mutual TLS, tokens, a refused intruder, rotation. Then it stays up"
          + " until Ctrl-C."
    },
    footer = {"entente quickstart", "entente quickstart --check", "entente quickstart --dir demo"})
final class QuickstartCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--check",
      description = "End after the last step, with 0 if every step passed and 1 otherwise.")
  private boolean check;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "An empty or new directory for everything, which is kept (default: a passing one in"
              + " /tmp).")
  private @Nullable Path directory;

  QuickstartCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    var options = new Quickstart.Options(WarmCommand.home(), Optional.ofNullable(directory), check);
    try {
      var passed = Quickstart.run(options, session.output()::line);
      return (passed ? ExitCode.OK : ExitCode.FAILED).value();
    } catch (IOException e) {
      throw Failure.failed("the quickstart has no directory to work in", Causes.of(e));
    }
  }
}
