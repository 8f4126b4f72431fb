package dev.entente.cli;

import dev.entente.broker.BrokerConfig;
import dev.entente.broker.store.StoreRecovery;
import dev.entente.broker.store.StoreRefusedException;
import dev.entente.runtime.ConfigException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Puts a backup in place of the store of a stopped broker.
@Command(
    name = "restore",
    description = {
      "Puts a backup in place of the store, with the broker stopped. The store that was there is"
          + " kept beside it.",
      "The restored store counts as a new history: agents load everything anew, and the bundle's"
          + " sequence number stays above all that was ever seen."
    },
    footer = {
      "entente restore --config /etc/entente/broker.yaml /var/backups/entente-2026-11-22.db",
      "entente restore --config /etc/entente/broker.yaml --accept-present"
    })
final class RestoreCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The broker's configuration (default: /etc/entente/broker.yaml).")
  private Path config = Path.of("/etc/entente/broker.yaml");

  @Option(
      names = "--accept-present",
      description =
          "Restore nothing, but accept what lies in the data directory, after a start was refused"
              + " because the store is not the one that was there.")
  private boolean acceptPresent;

  @Parameters(arity = "0..1", paramLabel = "BACKUP", description = "A file that backup wrote.")
  private @Nullable Path backup;

  RestoreCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (acceptPresent == (backup != null)) {
      throw Failure.usage(
          "name either a backup or --accept-present", "see `entente restore --help`");
    }
    var broker = load();
    var recovery = new StoreRecovery(broker.dataDir(), broker.trustDomain(), session.clock());
    try {
      var report = backup == null ? recovery.accept() : recovery.restore(backup);
      print(broker, report);
      return ExitCode.OK.value();
    } catch (StoreRefusedException e) {
      throw new Failure(
          ExitCode.CONFLICT, "nothing was restored", String.valueOf(e.getMessage()), "");
    }
  }

  private BrokerConfig load() {
    try {
      return BrokerConfig.load(config);
    } catch (ConfigException e) {
      throw new Failure(
          ExitCode.USAGE, config + " cannot be used", String.valueOf(e.getMessage()), "");
    }
  }

  private void print(BrokerConfig broker, StoreRecovery.Report report) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("data directory", broker.dataDir().toString());
    fields.put(
        "store", report.epoch().isEmpty() ? "none: the next start makes one" : report.epoch());
    fields.put("revision", Long.toString(report.revision()));
    fields.put("bundle sequence", Long.toString(report.bundleSequence()));
    report.replaced().ifPresent(path -> fields.put("replaced store", path.toString()));
    session.output().fields(fields);
  }
}
