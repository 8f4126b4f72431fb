package dev.entente.cli;

import dev.entente.broker.BrokerConfig;
import dev.entente.broker.audit.AuditHead;
import dev.entente.broker.audit.AuditReport;
import dev.entente.broker.audit.AuditReport.Finding;
import dev.entente.broker.audit.AuditSigner;
import dev.entente.broker.audit.AuditVerifier;
import dev.entente.broker.store.HighWaterWitness;
import dev.entente.broker.store.StoreException;
import dev.entente.broker.store.StoreRefusedException;
import dev.entente.broker.store.StoredSettings;
import dev.entente.runtime.Causes;
import dev.entente.runtime.ConfigException;
import dev.entente.spiffe.PublicKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The audit log: whether it is the one that was written.
final class AuditCommand {
  private AuditCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(new Noun(), new Verify(session));
  }

  /// The noun itself.
  @Command(
      name = "audit",
      description = "The record of what was asked, decided and signed.",
      footer = {"entente audit verify --config /etc/entente/broker.yaml"})
  static final class Noun extends Group {}

  /// Verifies the log from end to end.
  @Command(
      name = "verify",
      description = {
        "Reads the audit log from end to end and says whether it was changed: an edited, inserted"
            + " or removed line, a missing or replaced file, a cut end.",
        "It works beside a running broker. Exit code 1 if anything was found."
      },
      footer = {
        "entente audit verify",
        "entente audit verify --config broker.yaml --remembered 4711:6b86b2…"
      })
  static final class Verify implements Callable<Integer> {
    private final Session session;
    @Mixin private final Format format = new Format();

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "The broker's configuration (default: /etc/entente/broker.yaml).")
    private Path config = Path.of("/etc/entente/broker.yaml");

    @Option(
        names = "--remembered",
        paramLabel = "LINE:SHA-256",
        description =
            "A place that an earlier verification printed as its head; without it, the place that"
                + " the broker itself keeps outside the log.")
    private String remembered = "";

    Verify(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      var dataDir = dataDir();
      AuditReport report;
      try {
        report = AuditVerifier.verify(dataDir.resolve("audit"), keys(dataDir), place(dataDir));
      } catch (StoreException | StoreRefusedException e) {
        throw Failure.failed("the audit keys were not read", String.valueOf(e.getMessage()));
      } catch (IOException e) {
        throw Failure.failed("the audit log was not read", Causes.of(e));
      }
      print(report);
      return (report.isIntact() ? ExitCode.OK : ExitCode.FAILED).value();
    }

    private Path dataDir() {
      try {
        return BrokerConfig.load(config).dataDir();
      } catch (ConfigException e) {
        throw new Failure(
            ExitCode.USAGE,
            config + " cannot be used",
            String.valueOf(e.getMessage()),
            "name the broker's configuration: --config FILE");
      }
    }

    private static Map<String, PublicKey> keys(Path dataDir) {
      var keys = new HashMap<String, PublicKey>();
      StoredSettings.startingWith(dataDir, AuditSigner.SETTING_PREFIX)
          .forEach((name, encoded) ->
              keys.put(
                  name.substring(AuditSigner.SETTING_PREFIX.length()), PublicKeys.read(encoded)));
      return keys;
    }

    private Optional<AuditHead> place(Path dataDir) {
      if (!remembered.isEmpty()) {
        return head(remembered)
            .or(() -> {
              throw Failure.usage("--remembered is not LINE:SHA-256: " + remembered, "");
            });
      }
      return HighWaterWitness.read(dataDir).flatMap(mark -> head(mark.auditHead()));
    }

    private static Optional<AuditHead> head(String text) {
      var parts = text.split(":", -1);
      return parts.length == 2
              && parts[0].matches("[0-9]{1,18}")
              && parts[1].matches("[0-9a-f]{64}")
          ? Optional.of(new AuditHead(Long.parseLong(parts[0]), parts[1]))
          : Optional.empty();
    }

    private void print(AuditReport report) {
      if (format.isJson()) {
        session.output().json(json(report));
        return;
      }
      var fields = new LinkedHashMap<String, String>();
      fields.put("verdict", report.isIntact() ? "intact" : "changed");
      fields.put("lines", report.lines() + " in " + report.segments() + " files");
      fields.put("head", headText(report));
      fields.put("not signed yet", unsignedText(report));
      if (report.tornBytes() > 0) {
        fields.put("torn end", report.tornBytes() + " bytes, as a crash leaves them");
      }
      session.output().fields(fields);
      if (!report.isIntact()) {
        session
            .output()
            .table(
                List.of("FILE", "LINE", "WHAT", "DETAIL"),
                report.findings().stream().map(Verify::row).toList());
      }
    }

    private static String unsignedText(AuditReport report) {
      return report.unsignedLines() == 0
          ? "0 lines"
          : report.unsignedLines() + " lines at the end, which nothing proves";
    }

    private static String headText(AuditReport report) {
      return report.head().map(head -> head.sequence() + ":" + head.digest()).orElse("none");
    }

    private static List<String> row(Finding finding) {
      return List.of(
          finding.segment() == 0 ? "" : Integer.toString(finding.segment()),
          finding.line() == 0 ? "" : Long.toString(finding.line()),
          finding.kind().name(),
          finding.detail());
    }

    private static Map<String, Object> json(AuditReport report) {
      var value = new LinkedHashMap<String, Object>();
      value.put("intact", report.isIntact());
      value.put("lines", report.lines());
      value.put("segments", report.segments());
      value.put("head", headText(report));
      value.put("unsigned_lines", report.unsignedLines());
      value.put("torn_bytes", report.tornBytes());
      value.put(
          "findings",
          report.findings().stream()
              .map(f ->
                  Map.of(
                      "segment",
                      f.segment(),
                      "line",
                      f.line(),
                      "kind",
                      f.kind().name(),
                      "detail",
                      f.detail()))
              .toList());
      return value;
    }
  }
}
