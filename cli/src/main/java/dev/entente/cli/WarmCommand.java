package dev.entente.cli;

import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Trains the ahead-of-time caches.
@Command(
    name = "warm",
    description = {
      "Trains the ahead-of-time caches of this installation, so that everything starts faster.",
      "Needed once after unpacking or copying the distribution; takes about half a minute."
    },
    footer = {"sudo entente warm"})
final class WarmCommand implements Callable<Integer> {
  private final Session session;

  WarmCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var home = home();
    if (!Files.isWritable(home.resolve("lib"))) {
      throw new Failure(
          ExitCode.DENIED,
          "the caches were not trained",
          home.resolve("lib") + " is not writable for this user",
          "run it as the owner of " + home);
    }
    try {
      var script = home.resolve("lib/warm.sh").toString();
      var code = new ProcessBuilder(script, home.toString()).inheritIO().start().waitFor();
      if (code != 0) {
        throw Failure.failed("not every cache was trained", "see above");
      }
      session.output().line("trained; `entente version` shows the cache in use");
      return ExitCode.OK.value();
    } catch (IOException e) {
      throw Failure.failed("the training could not be started", Causes.of(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("the training was interrupted", "");
    }
  }

  /// The installation this command runs from.
  static Path home() {
    return Optional.ofNullable(System.getProperty("entente.home"))
        .map(Path::of)
        .orElseThrow(
            () -> Failure.usage("this is no installed distribution", "start it with bin/entente"));
  }
}
