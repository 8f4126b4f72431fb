package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.AgentConfig;
import dev.entente.broker.BrokerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every key that a daemon takes stands in the operators' documentation.
class DocumentedKeysTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String CONFIGURATION = "operating/configuration.md";

  /// Keys of attestors, which have pages of their own.
  private static final Pattern ATTESTOR =
      Pattern.compile("(?:attestors?|workload-attestors)\\.([a-z0-9_]+).*");

  @TempDir Path dir;

  @Test
  void thoseOfABroker() throws IOException {
    var keys = new KnownKeys(dir.resolve("broker.yaml"), BrokerConfig::load).find();
    var page = page(CONFIGURATION);
    var half = page.substring(page.indexOf("\n## Broker"), page.indexOf("\n## Agent"));

    assertThat(keys)
        .contains("trust-domain", "ca.ttl", "listeners.kind", "attestors.x509pop.mode")
        .hasSizeGreaterThan(100)
        .allSatisfy(key -> assertDocumented(key, half));
  }

  @Test
  void thoseOfAnAgent() throws IOException {
    var keys = new KnownKeys(dir.resolve("agent.yaml"), AgentConfig::load).find();
    var page = page(CONFIGURATION);
    var half = page.substring(page.indexOf("\n## Agent"));

    assertThat(half).contains("`log.…`, `ops.address` | as for the broker");
    assertThat(keys)
        .contains("trust-domain", "attestor.join_token.token", "log.level", "sds.enabled")
        .hasSizeGreaterThan(60)
        .filteredOn(key -> !key.startsWith("log."))
        .allSatisfy(key -> assertDocumented(key, half));
  }

  private static void assertDocumented(String key, String half) throws IOException {
    var attestor = ATTESTOR.matcher(key);
    if (half.contains('`' + key + '`')) {
      return;
    }
    if (attestor.matches()) {
      assertNamed(last(key), page("attestors/" + attestor.group(1) + ".md"), key);
    } else if (key.startsWith("svid-stores.file.")) {
      assertNamed(last(key), page("operating/svid-stores.md"), key);
    } else {
      assertThat(List.of("listeners.", "federation.federates-with."))
          .as(key + " is not in " + CONFIGURATION)
          .anyMatch(key::startsWith);
      assertNamed(last(key), half, key);
    }
  }

  /// By its own name, in a table or in an example.
  private static void assertNamed(String name, String text, String key) {
    assertThat(text).as(key).containsPattern("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])");
  }

  private static String last(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  private static String page(String name) throws IOException {
    return Files.readString(DOCS.resolve(name));
  }
}
