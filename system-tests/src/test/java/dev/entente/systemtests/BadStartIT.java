package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.spire.types.Entry;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Starts that must be refused, and leave everything as it was, and those that must not.
///
/// Each refusal shows `error[CODE]`, and is followed by a start with the fault mended that finds
/// every entry again.
@Order(5)
@DisplayName("Starts in a bad state")
final class BadStartIT {
  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(60);
  private static final String STORE = "entente.db";

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void aStaleSocketFileIsReplaced() throws IOException {
    var broker = new BrokerProcess(sandbox, "broker");
    try (var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      stale.bind(UnixDomainSocketAddress.of(broker.socket()));
    }
    assertThat(broker.socket()).exists();

    broker.start();

    assertThat(broker.admin().entries()).isEmpty();
  }

  @Test
  void aSymbolicLinkInPlaceOfTheSocketIsRefusedAndItsTargetUntouched() throws IOException {
    var broker = new BrokerProcess(sandbox, "broker");
    var precious = Files.writeString(sandbox.directory().resolve("precious"), "keep me");
    Files.createSymbolicLink(broker.socket(), precious);

    var output = refusal(broker);

    assertThat(output).contains("broker.sock").containsIgnoringCase("link");
    assertThat(precious).hasContent("keep me");
    assertThat(Files.isSymbolicLink(broker.socket())).isTrue();
    Files.delete(broker.socket());
    broker.start();
  }

  @Test
  void aSocketPathOver107BytesIsRefusedWithThatNumber() {
    var broker = new BrokerProcess(sandbox, "b".repeat(120));

    assertThat(refusal(broker)).contains("107");
  }

  @Test
  void aSecondBrokerOnTheSameDataDirectoryIsRefusedAndTheFirstGoesOn() {
    var first = started();
    var second = new BrokerProcess(sandbox, "second").dataDir(first.dataDir());

    var output = refusal(second);

    assertThat(output)
        .contains("error[STORE_IN_USE]", String.valueOf(first.running().pid()), "fix:");
    assertHasItsEntry(first);
  }

  @Test
  void aStoreOfANewerVersionIsRefused() throws SQLException {
    var broker = stopped();
    var version = schemaVersion(broker);
    schemaVersion(broker, 99);

    var output = refusal(broker);

    assertThat(output).contains("error[STORE_NEWER_SCHEMA]", "99", "fix:");
    schemaVersion(broker, version);
    assertHasItsEntry(broker.start());
  }

  @Test
  void anEmptiedStoreIsRefusedAndNoNewAuthorityIsMade() throws IOException {
    var broker = stopped();
    var keys = keyFiles(broker);
    var away = Files.createDirectory(sandbox.directory().resolve("away"));
    move(broker.dataDir(), away);

    var output = refusal(broker);

    assertThat(output).contains("error[STORE_EMPTIED]", "fix:");
    assertThat(keyFiles(broker)).isEqualTo(keys);
    move(away, broker.dataDir());
    assertHasItsEntry(broker.start());
  }

  @Test
  void anOlderCopyOfTheStoreIsRefused() throws IOException {
    var broker = started();
    broker.stop();
    var old = Files.createDirectory(sandbox.directory().resolve("old"));
    copy(broker.dataDir(), old);
    broker.start();
    broker.admin().createEntry(entry("/second").build());
    broker.stop();
    var newest = Files.createDirectory(sandbox.directory().resolve("newest"));
    move(broker.dataDir(), newest);
    copy(old, broker.dataDir());

    var output = refusal(broker);

    assertThat(output).contains("error[STORE_OLDER]", "fix:");
    remove(broker.dataDir());
    move(newest, broker.dataDir());
    broker.start();
    assertThat(broker.admin().entries()).hasSize(2);
  }

  @Test
  void aKeyFileThatOthersMayReadIsRefused() throws IOException {
    var broker = stopped();
    var key = keyFiles(broker).getFirst();
    mode(key, "rw-r--r--");

    var output = refusal(broker);

    assertThat(output)
        .contains("error[KEYS_REFUSED]", key.getFileName().toString(), "rw-r--r--", "0600", "fix:");
    mode(key, "rw-------");
    assertHasItsEntry(broker.start());
  }

  @Test
  void aDataDirectoryThatOthersMayEnterIsRefused() throws IOException {
    var broker = stopped();
    mode(broker.dataDir(), "rwxr-xr-x");

    var output = refusal(broker);

    assertThat(output).contains("rwxr-xr-x", "0700");
    mode(broker.dataDir(), "rwx------");
    assertHasItsEntry(broker.start());
  }

  @Test
  void aStoreOfAnotherTrustDomainIsRefused() {
    var broker = stopped();

    var output = refusal(broker.trustDomain("other.example"));

    assertThat(output)
        .contains("error[STORE_OTHER_TRUST_DOMAIN]", "td.example", "other.example", "fix:");
    assertHasItsEntry(broker.trustDomain("td.example").start());
  }

  @Test
  void everyProblemOfAConfigurationIsNamedWithItsLine() {
    var broker = new BrokerProcess(sandbox, "broker").with("refresh-hnt: 5m\nlimits: {jwts: 1}");

    var output = refusal(broker);

    assertThat(output)
        .contains("error[CONFIG_INVALID]", "broker.yaml:", "refresh-hnt", "refresh-hint", "jwts")
        .contains("fix:");
    assertThat(broker.running().awaitExit(REFUSAL_LIMIT)).isEqualTo(2);
  }

  private BrokerProcess started() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    broker.admin().createEntry(entry("/first").build());
    return broker;
  }

  private BrokerProcess stopped() {
    var broker = started();
    assertThat(broker.stop()).isZero();
    return broker;
  }

  private static Entry.Builder entry(String path) {
    return AdminApi.entry("/spire/agent/x509pop/nobody", path, "unix:uid:1000");
  }

  private static void assertHasItsEntry(BrokerProcess broker) {
    assertThat(broker.admin().entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.getSpiffeId().getPath()).isEqualTo("/first"));
  }

  private static String refusal(BrokerProcess broker) {
    var refused = broker.launch();
    assertThat(refused.awaitExit(REFUSAL_LIMIT)).as(refused.output()).isNotZero();
    assertThat(refused.output()).containsPattern("error\\[[A-Z_]+]: broker did not start");
    return refused.output();
  }

  private static List<Path> keyFiles(BrokerProcess broker) throws IOException {
    try (var files = Files.list(broker.dataDir().resolve("keys"))) {
      return files.sorted().toList();
    }
  }

  private static void mode(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static int schemaVersion(BrokerProcess broker) throws SQLException {
    var url = "jdbc:sqlite:" + broker.dataDir().resolve(STORE);
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var row = statement.executeQuery("PRAGMA user_version")) {
      return row.getInt(1);
    }
  }

  private static void schemaVersion(BrokerProcess broker, int version) throws SQLException {
    var url = "jdbc:sqlite:" + broker.dataDir().resolve(STORE);
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = " + version);
    }
  }

  private static List<Path> storeFiles(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.filter(file -> file.getFileName().toString().startsWith(STORE)).toList();
    }
  }

  private static void move(Path from, Path to) throws IOException {
    for (var file : storeFiles(from)) {
      Files.move(file, to.resolve(file.getFileName()));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    for (var file : storeFiles(from)) {
      Files.copy(
          file,
          to.resolve(file.getFileName()),
          StandardCopyOption.COPY_ATTRIBUTES,
          LinkOption.NOFOLLOW_LINKS);
    }
  }

  private static void remove(Path directory) throws IOException {
    for (var file : storeFiles(directory)) {
      Files.delete(file);
    }
  }
}
