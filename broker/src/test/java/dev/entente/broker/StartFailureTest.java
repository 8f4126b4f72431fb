package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.entente.broker.audit.AuditHead;
import dev.entente.broker.audit.AuditLog;
import dev.entente.broker.audit.AuditOptions;
import dev.entente.broker.audit.AuditRetention;
import dev.entente.broker.audit.AuditSigner;
import dev.entente.broker.authority.AuditKey;
import dev.entente.broker.authority.DiskKeyManager;
import dev.entente.broker.authority.MemoryKeyManager;
import dev.entente.runtime.DaemonFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an operator reads and a supervisor sees when a broker does not start.
class StartFailureTest {
  @TempDir private Path directory;

  @Test
  void aWrongConfigurationEndsWithTwoAndEveryProblem() throws IOException {
    var file = Files.writeString(directory.resolve("b.yaml"), "trust-domain: A\nlisen: x\n");

    var failure = StartFailure.of(catchThrowable(() -> BrokerConfig.load(file)));

    assertThat(failure.exitCode()).isEqualTo(DaemonFailure.EXIT_USAGE);
    assertThat(failure.toString())
        .startsWith("error[CONFIG_INVALID]: broker did not start")
        .contains("b.yaml:1: trust-domain: ", "b.yaml:2: lisen: ", "\nfix: ");
  }

  @Test
  void keysThatAnyoneMayReadAreTold() throws IOException {
    var keys = Files.createDirectory(directory.resolve("keys"));
    Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rwxr-xr-x"));

    var failure = StartFailure.of(catchThrowable(() -> DiskKeyManager.open(keys)));

    assertThat(failure.exitCode()).isEqualTo(DaemonFailure.EXIT_FAILED);
    assertThat(failure.toString())
        .startsWith("error[KEYS_REFUSED]: broker did not start: keys in " + keys)
        .contains("\nfix: give the directory mode 0700");
  }

  @Test
  void anAuditLogThatLostLinesIsTold() {
    var signer = AuditKey.of(new MemoryKeyManager());
    var remembered = new AuditHead(7, "0".repeat(64));

    var failure = StartFailure.of(catchThrowable(() -> open(signer, remembered)));

    assertThat(failure.toString())
        .startsWith("error[AUDIT_REFUSED]: broker did not start: audit log not opened")
        .contains("line 7", "\nfix: put the directory back");
  }

  private void open(AuditSigner signer, AuditHead remembered) {
    var options = AuditOptions.of(directory.resolve("audit"), "m", AuditRetention.FOREVER);
    AuditLog.open(options, signer, InstantSource.system(), Optional.of(remembered)).close();
  }

  @Test
  void whatIsOutsideTheProcessIsToldAsItIs() {
    assertThat(StartFailure.of(new IOException("127.0.0.1:8081 is in use")))
        .hasToString("error[START_FAILED]: broker did not start: 127.0.0.1:8081 is in use");
  }
}
