package dev.entente.cli;

import dev.entente.wire.entente.broker.v1.BackupRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Copies the store while the broker goes on.
@Command(
    name = "backup",
    description = "Lets the broker write a consistent copy of its store, without interruption.",
    footer = {"entente backup /var/backups/entente-2026-11-22.db"})
final class BackupCommand extends BrokerCommand {
  @Parameters(
      paramLabel = "FILE",
      description =
          "Where to; the broker writes it, outside its data directory, and over no other file.")
  private Path file = Path.of("");

  BackupCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(Calls calls) {
    var path = file.toAbsolutePath().normalize().toString();
    var request = BackupRequest.newBuilder().setPath(path).build();
    var copy = calls.ask(OperationsGrpcClient.Backup, request);
    if (json()) {
      output().json(WireJson.of(copy));
      return ExitCode.OK;
    }
    output()
        .line(
            "wrote "
                + copy.getPath()
                + ", "
                + copy.getSizeBytes()
                + " bytes, revision "
                + copy.getRevision()
                + ", bundle sequence "
                + Long.toUnsignedString(copy.getBundleSequence())
                + ", sha256 "
                + copy.getSha256());
    output()
        .note("private keys are not in it; a restored broker needs these from the key manager:");
    copy.getKeyIdsList().forEach(key -> output().note("  " + key));
    return ExitCode.OK;
  }
}
