package dev.entente.systemtests;

import static dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A backup and its restore, as an operator types them.
@DisplayName("Backup and restore")
final class RestoreIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void bringsTheStoreBackAndLosesNoAuthority() throws IOException {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var cli = Cli.of(sandbox, broker);
    var copy = sandbox.directory().resolve("copy.db");
    create(broker, "/before");
    var backup = cli.run("backup", copy.toString(), "-o", "json");
    assertThat(backup.exitCode()).as(backup.err()).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
        .isEqualTo("rw-------");
    var bytes = Files.readAllBytes(copy);
    assertThat(cli.run("backup", copy.toString()).exitCode()).as("a file is there").isEqualTo(6);
    assertThat(copy).hasBinaryContent(bytes);
    assertThat(cli.run("backup", broker.dataDir().resolve("x.db").toString()).exitCode())
        .as("the data directory")
        .isNotZero();

    create(broker, "/since");
    activateAnother(broker);
    var newest = broker.admin().bundle();
    assertThat(restore(cli, broker, copy.toString()).exitCode()).as("it runs").isEqualTo(6);
    assertThat(broker.stop()).isZero();
    var restored = restore(cli, broker, copy.toString());
    assertThat(restored.exitCode()).as(restored.err()).isZero();
    assertThat(restored.err()).doesNotContain("may lack");
    broker.start();

    assertThat(broker.admin().entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.getSpiffeId().getPath()).isEqualTo("/before"));
    var bundle = broker.admin().bundle();
    assertThat(bundle.getSequenceNumber()).isGreaterThan(newest.getSequenceNumber());
    assertThat(bundle.getX509AuthoritiesList())
        .as("what was signed since the backup is trusted still")
        .hasSize(2)
        .isEqualTo(newest.getX509AuthoritiesList());
  }

  private static Command.Result restore(Cli cli, BrokerProcess broker, String backup) {
    return cli.run(
        "restore", "--config", broker.directory().resolve("broker.yaml").toString(), backup);
  }

  private static void create(BrokerProcess broker, String path) {
    broker
        .admin()
        .createEntry(AdminApi.entry("/spire/agent/x509pop/nobody", path, "unix:uid:1").build());
  }

  private static void activateAnother(BrokerProcess broker) {
    broker.admin().activateNow(AUTHORITY_KIND_X509, broker.admin().prepareX509Authority());
  }
}
