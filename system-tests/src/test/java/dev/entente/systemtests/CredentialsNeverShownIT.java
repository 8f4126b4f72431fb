package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Plants secrets, does the main job at the most talkative log level, and then searches everything
/// that people and collectors read.
@DisplayName("Secrets")
final class CredentialsNeverShownIT {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END");

  /// A secret that is cut short must not be shown either.
  private static final int PART_CHARS = 16;

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  void neverAppearInLogsFiguresErrorsOrTheAuditLog() throws IOException {
    var broker = new BrokerProcess(sandbox, "broker").with("log: {level: trace}").start();
    var shown = new ArrayList<String>();
    var waiting = "canary-waiting-4f1c9a7be2";
    var unknown = "canary-unknown-83d05b6e1f";
    broker.admin().joinToken(waiting, "/fleet/one", Duration.ofMinutes(10));
    var used = broker.admin().joinToken();

    var refused = new AgentProcess(sandbox, "refused", broker).joinToken(unknown).talkative();
    refused.launch();
    Await.until(
        "refusal",
        Duration.ofSeconds(60),
        () -> refused.running().output().contains("Node was not attested"));
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(used).talkative().start();
    broker
        .admin()
        .createEntry(
            AdminApi.entry(
                    "/spire/agent/join_token/" + used,
                    "/web",
                    WorkloadProcess.selector(sandbox, "web"))
                .build());
    var workload = WorkloadProcess.start(sandbox, "web", agent.socket()).identified();
    var token = Objects.requireNonNull(workload.ask("jwt backend").get("token"));
    shown.add(broker.metrics());
    shown.add(agent.metrics());
    agent.stop();
    refused.kill();
    broker.stop();
    shown.add(broker.running().output());
    shown.add(agent.running().output());
    shown.add(refused.running().output());
    files(broker.dataDir().resolve("audit")).forEach(file -> shown.add(text(file)));

    var secrets = new LinkedHashMap<String, String>();
    secrets.put("waiting join token", waiting);
    secrets.put("unknown join token", unknown);
    secrets.put("signature of a JWT-SVID", token.substring(token.lastIndexOf('.') + 1));
    files(broker.dataDir().resolve("keys")).forEach(file -> addKeys(file, secrets));
    files(agent.dataDir()).forEach(file -> addKeys(file, secrets));

    assertThat(secrets).as("the canaries are planted").hasSizeGreaterThanOrEqualTo(3 + 4 * 3);
    for (var secret : secrets.entrySet()) {
      var part = secret.getValue().substring(0, PART_CHARS);
      assertThat(shown).as(secret.getKey()).noneMatch(text -> text.contains(part));
    }
    assertThat(String.join("", shown)).contains("Node was attested", "Attested node");
    assertThat(text(broker.dataDir().resolve("entente.db")))
        .as("a stolen database yields no token that still counts")
        .doesNotContain(waiting);
  }

  /// Each private number of each key in a file, in the forms in which it could leak.
  private static void addKeys(Path file, Map<String, String> secrets) {
    var pem = PEM.matcher(text(file));
    while (pem.find()) {
      var der = Base64.getMimeDecoder().decode(pem.group(1));
      var number = privateNumber(der);
      var name = file.getFileName().toString();
      secrets.put(name + " in hex", HexFormat.of().formatHex(number));
      secrets.put(name + " in base64", Base64.getEncoder().encodeToString(number));
      secrets.put(name + " as DER", Base64.getEncoder().encodeToString(der).substring(48));
    }
  }

  private static byte[] privateNumber(byte[] der) {
    for (var algorithm : List.of("EC", "RSA")) {
      try {
        var key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        return switch (key) {
          case ECPrivateKey ec -> ec.getS().toByteArray();
          case RSAPrivateCrtKey rsa -> rsa.getPrimeP().toByteArray();
          default -> throw new IllegalStateException("key of unknown kind");
        };
      } catch (GeneralSecurityException _) {
        // Another algorithm.
      }
    }
    throw new IllegalStateException("private key not read");
  }

  private static List<Path> files(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " not read", e);
    }
  }
}
