package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.Json;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SVIDs that an agent keeps in files instead of serving them.
@DisplayName("SVIDs in a store")
final class StoredSvidIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String NODE = "spiffe://td.example/nodes/one";
  private static final Duration SOON = Duration.ofSeconds(60);

  private static Path files;
  private static Cli cli;
  private static AgentProcess agent;

  @BeforeAll
  static void attestANode() {
    files = SANDBOX.directory().resolve("svids");
    var broker = new BrokerProcess(SANDBOX, "broker").start();
    cli = Cli.of(SANDBOX, broker);
    var token = cli.run("token", "create", "--spiffe-id", NODE).value();
    agent =
        new AgentProcess(SANDBOX, "agent", broker)
            .joinToken(token)
            .with("svid-stores: {file: {directory: " + files + "}}")
            .start();
  }

  @Test
  void keepsAnSvidInAFileForAsLongAsItsEntryLives() {
    // By its selector this one would be the other process'; it is for a store that there is not.
    cli.run(
            "entry",
            "create",
            "--parent-id",
            NODE,
            "--spiffe-id",
            "spiffe://td.example/stored",
            "--selector",
            WorkloadProcess.selector(SANDBOX, "other"),
            "--store-svid")
        .value();
    var id =
        cli.run(
                "entry",
                "create",
                "-o",
                "json",
                "--parent-id",
                NODE,
                "--spiffe-id",
                "spiffe://td.example/legacy",
                "--selector",
                "file:name:legacy",
                "--store-svid",
                "--x509-ttl",
                "20s")
            .json("id");

    var first = Await.first("file", SOON, () -> secret("legacy"));
    var second =
        Await.first("next SVID", SOON, () -> secret("legacy").filter(it -> !it.equals(first)));

    assertThat(second).containsEntry("spiffeID", "spiffe://td.example/legacy");
    var leaf = Pem.certificates(String.valueOf(second.get("x509SVID"))).getFirst();
    var key = PrivateKeys.fromPem(String.valueOf(second.get("x509SVIDKey")));
    assertThat(PrivateKeys.isPair(key, leaf.getPublicKey())).isTrue();
    assertThat(Pem.certificates(String.valueOf(second.get("bundle")))).isNotEmpty();
    assertThat(WorkloadProcess.start(SANDBOX, "other", agent.socket()).isDenied("context"))
        .isTrue();

    cli.run("entry", "delete", id).value();

    Await.until("no file", SOON, () -> secret("legacy").isEmpty());
  }

  private static Optional<Map<String, Object>> secret(String name) {
    try {
      var file = files.resolve(name + ".json");
      return Files.exists(file)
          ? Optional.of(Json.parseObject(Files.readAllBytes(file)))
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
