package dev.entente.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The registry as a whole: entries, bundles and federation relationships.
final class RegistryCommand {
  private RegistryCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(new Noun(), new Import(session));
  }

  /// The noun itself.
  @Command(
      name = "registry",
      description = "The registry as a whole: entries, bundles and federation relationships.",
      footer = {
        "entente registry import --dry-run \\",
        "    --from unix:/tmp/spire-server/private/api.sock",
        "entente registry import --from unix:/tmp/spire-server/private/api.sock"
      })
  static final class Noun extends Group {}

  /// Takes over what another server keeps.
  @Command(
      name = "import",
      description =
          "Takes over the entries, the bundles and the federation relationships of a running SPIRE"
              + " server or broker of the same trust domain. What is here already is left alone: a"
              + " second import changes nothing, and conflicts are named one by one.",
      footer = {
        "entente registry import --dry-run \\",
        "    --from unix:/tmp/spire-server/private/api.sock",
        "entente registry import --update \\",
        "    --from unix:/tmp/spire-server/private/api.sock",
        "entente registry import --from spire.example.org:8081 -o json"
      })
  static final class Import implements Callable<Integer> {
    private final Session session;
    @Mixin private final RegistrySource source = new RegistrySource();
    @Mixin private final BrokerSocket target = new BrokerSocket();
    @Mixin private final Format format = new Format();

    @Option(names = "--dry-run", description = "Only say what would change.")
    private boolean dryRun;

    @Option(
        names = "--update",
        description =
            "Also take over again what the other server changed since an earlier import (default:"
                + " name it as a conflict).")
    private boolean update;

    @Option(
        names = "--own-bundle",
        description =
            "Also add the other server's own authorities to our bundle, so that its SVIDs are"
                + " believed here during the move.")
    private boolean ownBundle;

    Import(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      try (var to = target.open(session);
          var from = source.open(session, to.timeout())) {
        var report = new ImportReport(session.output(), dryRun, format.isJson());
        var options = new RegistryImport.Options(dryRun, update, ownBundle);
        new RegistryImport(from, to, options, report, new Progress(session.output(), "entries"))
            .run();
        return report.finish().value();
      }
    }
  }
}
