package dev.entente.cli;

import dev.entente.broker.BrokerConfig;
import dev.entente.broker.authority.LostKeys;
import dev.entente.broker.store.StoreRecovery;
import dev.entente.broker.store.StoreRefusedException;
import dev.entente.runtime.Causes;
import dev.entente.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "entente restore --config /etc/entente/broker.yaml \\",
      "    /var/backups/entente-2026-11-22.db",
      "entente restore --config /etc/entente/broker.yaml --accept-present",
      "entente restore --config /etc/entente/broker.yaml --give-up-lost-keys"
    })
final class RestoreCommand implements Callable<Integer> {
  /// Where neither witness nor copy of the bundle came with the backup.
  private static final List<String> MAY_LACK_AUTHORITIES =
      List.of(
          "the bundle may lack authorities that were made after the backup; what they signed is not"
              + " trusted any more:",
          "  if the lost data directory's own-bundle.json and high-water.json can be found, put"
              + " them into this one, then restore again;",
          "  else start the broker, let agents attest again (entente agent evict), and give the new"
              + " bundle to partners");

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

  @Option(
      names = "--give-up-lost-keys",
      description = {
        "Restore nothing, but let the next start, once, make new authorities for those whose key"
            + " files are lost for good.",
        "Agents and partners trust them when they have read the new bundle."
      })
  private boolean giveUpLostKeys;

  @Parameters(arity = "0..1", paramLabel = "BACKUP", description = "A file that backup wrote.")
  private @Nullable Path backup;

  RestoreCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var asked = Stream.of(acceptPresent, giveUpLostKeys, backup != null).filter(a -> a).count();
    if (asked != 1) {
      throw Failure.usage(
          "name one of a backup, --accept-present and --give-up-lost-keys",
          "see `entente restore --help`");
    }
    var broker = load();
    if (giveUpLostKeys) {
      giveUpLostKeys(broker);
      return ExitCode.OK.value();
    }
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

  private void giveUpLostKeys(BrokerConfig broker) {
    try {
      LostKeys.giveUp(broker.dataDir());
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFLICT, "lost keys were not given up", Causes.of(e), "stop the broker first");
    }
    session.output().line("the next start makes new authorities for those whose keys are missing");
    session
        .output()
        .note("entries, nodes and bans stay; agents and partners need the new bundle from you");
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
    if (!report.epoch().isEmpty() && !report.bundleIsNewest()) {
      MAY_LACK_AUTHORITIES.forEach(session.output()::note);
    }
  }
}
