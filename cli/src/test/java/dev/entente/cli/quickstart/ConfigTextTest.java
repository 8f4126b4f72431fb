package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.AgentConfig;
import dev.entente.broker.BrokerConfig;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The daemons accept what is written for them.
final class ConfigTextTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("alpha.example");
  private static final Addresses ADDRESSES =
      new Addresses(
          "127.77.1.2:20001",
          "127.77.1.2:20002",
          "127.77.1.2:20003",
          "127.77.1.2:20004",
          "127.77.1.2:20005");

  private final Place place = new Place(Path.of("/tmp/a \"strange\" directory"));

  @TempDir private Path directory;

  @Test
  void theBrokerReadsItsFile() throws IOException {
    var text =
        ConfigText.broker(
            DOMAIN, place, ADDRESSES, Path.of("/tmp/web.pem"), Path.of("/tmp/web.key"));

    var config = BrokerConfig.load(Files.writeString(directory.resolve("broker.yaml"), text));

    assertThat(config.trustDomain()).isEqualTo(DOMAIN);
    assertThat(config.dataDir()).isEqualTo(place.brokerData());
    assertThat(config.socket()).isEqualTo(place.brokerSocket());
    assertThat(config.listeners()).hasSize(2);
    assertThat(config.federation().allowPrivateAddresses()).isTrue();
    assertThat(config.jwt().issuer().map(Object::toString)).contains(ADDRESSES.issuer());
  }

  @Test
  void theAgentReadsItsFile() throws IOException {
    var text = ConfigText.agent(DOMAIN, place, ADDRESSES, "a-token");

    var config = AgentConfig.load(Files.writeString(directory.resolve("agent.yaml"), text));

    assertThat(config.trustDomain()).isEqualTo(DOMAIN);
    assertThat(config.socket()).isEqualTo(place.workloadSocket());
    assertThat(config.adminSocket()).isEqualTo(place.adminSocket());
    assertThat(config.workloadAttestors()).containsOnlyKeys("unix");
  }

  @Test
  void refusesADirectoryWhoseSocketsWouldBeTooLong() {
    assertThat(new Place(Path.of("/" + "d".repeat(87))).brokerSocket().toString()).hasSize(107);
    assertThatThrownBy(() -> new Place(Path.of("/" + "d".repeat(88))))
        .isInstanceOf(QuickstartException.class)
        .hasMessageEndingWith("has 108 bytes, a Unix socket takes 107: choose a shorter --dir");
  }
}
