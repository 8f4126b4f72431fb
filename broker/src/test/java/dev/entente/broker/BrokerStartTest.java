package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.broker.authority.LostKeys;
import dev.entente.broker.store.StoreRefusedException;
import dev.entente.runtime.Health;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Starting, stopping, and starting again.
class BrokerStartTest {
  @Test
  void aSecondBrokerOnOneDataDirectoryIsRefusedAndTheFirstGoesOn(@TempDir Path directory) {
    try (var first = TestBroker.start(directory, "")) {
      assertThatThrownBy(() -> TestBroker.start(directory, ""))
          .cause()
          .isInstanceOf(StoreRefusedException.class)
          .satisfies(cause ->
              assertThat(StartFailure.of(cause).toString())
                  .startsWith("error[STORE_IN_USE]:")
                  .contains("fix: "));

      first.attest();
    }
  }

  @Test
  void aRestartGoesOnWithAuthoritiesNodesAndEntries(@TempDir Path directory) {
    TestBroker.Node node;
    byte[] root;
    try (var before = TestBroker.start(directory, "")) {
      node = before.attest();
      root = root(before);
    }
    try (var after = TestBroker.start(directory, "")) {
      assertThat(root(after)).isEqualTo(root);
      assertThat(after.broker.health()).isEqualTo(Health.ready());
      after.workload(node, "/after/restart", dev.entente.wire.spire.types.Entry.newBuilder());
    }
  }

  @Test
  void lostKeysAreGivenUpOnceAndOnlyByHand(@TempDir Path directory) throws Exception {
    var data = directory.resolve("data");
    byte[] root;
    try (var before = TestBroker.start(directory, "")) {
      root = root(before);
      assertThatThrownBy(() -> LostKeys.giveUp(data)).isInstanceOf(IOException.class);
    }
    removeKeys(data);
    assertKeysAreMissing(directory);

    LostKeys.giveUp(data);
    try (var after = TestBroker.start(directory, "")) {
      after.attest();
      assertThat(after.bundles().find(TestBroker.DOMAIN).orElseThrow().x509Authorities())
          .as("what the lost key signed may be alive")
          .hasSize(2);
      assertThat(root(after)).isEqualTo(root);
    }

    removeKeys(data);
    assertKeysAreMissing(directory);
  }

  private static void assertKeysAreMissing(Path directory) {
    assertThatThrownBy(() -> TestBroker.start(directory, ""))
        .cause()
        .satisfies(cause ->
            assertThat(StartFailure.of(cause).toString())
                .startsWith("error[AUTHORITY_KEY_MISSING]:")
                .contains("entente restore --give-up-lost-keys"));
  }

  private static void removeKeys(Path data) throws IOException {
    try (var keys = Files.list(data.resolve("keys"))) {
      for (var key : keys.toList()) {
        Files.delete(key);
      }
    }
  }

  private static byte[] root(TestBroker broker) {
    return broker
        .bundles()
        .find(TestBroker.DOMAIN)
        .orElseThrow()
        .x509Authorities()
        .getFirst()
        .certificate()
        .getPublicKey()
        .getEncoded();
  }

  @Test
  void aCertificateFileIsReadAgainAndABadPairIsNotTaken(@TempDir Path directory) throws Exception {
    var files = new CertificateFiles(directory.resolve("c"), directory.resolve("k"));
    var first = WebCertificates.write(files, 1);
    var certificate = new CertificateFile(files);
    certificate.open();
    assertThat(certificate.current().orElseThrow().chain()).containsExactly(first);

    Files.writeString(files.key(), PrivateKeys.toPem(KeyAlgorithm.EC_P256.generate().getPrivate()));
    Files.setLastModifiedTime(files.key(), FileTime.from(Instant.EPOCH));
    certificate.reload();
    assertThat(certificate.current().orElseThrow().chain()).containsExactly(first);

    var second = WebCertificates.write(files, 2);
    certificate.reload();
    assertThat(certificate.current().orElseThrow().chain()).containsExactly(second);
  }
}
