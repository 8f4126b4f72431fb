package dev.entente.attestors.gcp;

import static dev.entente.testkit.ChallengedNode.attest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeConfidentialSpace;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both halves of `gcp_confidential_space` as their providers make them, over a fake launcher.
class ConfidentialSpaceTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");

  @TempDir Path temp;
  private Path socket = Path.of("");
  private FakeConfidentialSpace space;

  @BeforeEach
  void open() {
    socket = temp.resolve("teeserver.sock");
    space = new FakeConfidentialSpace(socket, Instant::now);
  }

  @AfterEach
  void close() {
    space.close();
  }

  private EvidenceSource source(Map<String, ?> more) {
    var values = new HashMap<String, Object>(more);
    values.put("launcher-socket", socket.toString());
    var settings = MapSettings.of(values);
    var made = new ConfidentialSpaceSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private NodeAttestor broker(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("projectid-allow-list", List.of("prod-1"));
    values.put("keys-url", space.keysUrl().toString());
    values.putAll(more);
    var settings = MapSettings.of(values);
    var made = new ConfidentialSpaceAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  @Test
  void makesANodeOfAConfidentialSpaceAsOftenAsItComes() throws Exception {
    var broker = broker(Map.of());
    var node = ((Attested) attest(broker, source(Map.of()))).node();

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/gcp_confidential_space/prod-1/7333251546816446069");
    assertThat(node.reattestable()).isTrue();
    assertThat(node.oneTimeUse()).isEmpty();
    assertThat(node.claims()).containsKeys("image-digest", "instance-id", "token-sha256");
    assertThat(node.selectors())
        .extracting(Selector::value)
        .containsExactlyInAnyOrder(
            "project-id:prod-1",
            "zone:us-west1-b",
            "instance-name:cs-1",
            "image-digest:" + FakeConfidentialSpace.IMAGE_DIGEST,
            "image-reference:us-docker.pkg.dev/prod-1/repo/agent@"
                + FakeConfidentialSpace.IMAGE_DIGEST,
            "hwmodel:GCP_AMD_SEV",
            "dbgstat:disabled-since-boot",
            "support-attribute:STABLE",
            "support-attribute:USABLE",
            "sa:space@prod-1.iam.gserviceaccount.com");
    assertThat(attest(broker, source(Map.of()))).isInstanceOf(Attested.class);
  }

  @Test
  void refusesWhoeverBeginsOtherwise() throws Exception {
    var other = "token".getBytes(StandardCharsets.US_ASCII);

    assertThat(broker(Map.of()).begin(new Presentation(other, "192.0.2.1")))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-confidential-space/malformed"));
  }

  @Test
  void offersBothHalvesUnderOneName() {
    assertThat(ServiceLoader.load(NodeAttestor.Provider.class))
        .extracting(NodeAttestor.Provider::type)
        .contains("gcp_confidential_space");
    assertThat(ServiceLoader.load(EvidenceSource.Provider.class))
        .extracting(EvidenceSource.Provider::type)
        .contains("gcp_confidential_space");
  }

  @Test
  void refusesATokenThatWasMadeForAnEarlierNonce() throws Exception {
    var broker = broker(Map.of());
    var session = source(Map.of()).open();
    var first = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    var second = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    byte[] token = session.respond(first.challenge());

    assertThat(second.next().answer(token))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-confidential-space/wrong-nonce"));
    assertThat(first.next().answer(token)).isInstanceOf(Attested.class);
  }

  @Test
  void isNotSureWhileTheKeysCannotBeHad() {
    var broker = broker(Map.of("keys-url", "http://127.0.0.1:1/keys"));

    assertThatThrownBy(() -> attest(broker, source(Map.of())))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("keys not fetched");
  }

  @Test
  void wantsTheAudienceOfTheBroker() throws Exception {
    var other = source(Map.of("audience", "https://other.example"));

    assertThat(attest(broker(Map.of()), other))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.code()).isEqualTo("gcp-confidential-space/wrong-audience"));
    assertThat(attest(broker(Map.of("audience", "https://other.example")), other))
        .isInstanceOf(Attested.class);
  }

  @Test
  void namesTheAgentAsTold() throws Exception {
    var template = "/gcp_confidential_space/{{ .ProjectNumber }}/{{ .Zone }}/{{ .InstanceName }}";

    var step = attest(broker(Map.of("agent-path-template", template)), source(Map.of()));

    assertThat(((Attested) step).node().agentId().path())
        .isEqualTo("/spire/agent/gcp_confidential_space/739419398126/us-west1-b/cs-1");
  }

  @Test
  void asksForNoTokenOfTheBrokersChoice() {
    var wish = "wished".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> source(Map.of()).open().respond(wish))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no nonce");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.0 500 Internal Server Error\r\n\r\nfailed",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n"
      })
  void saysThatTheLauncherGaveNoToken(String answer) {
    space.answerWith(answer);

    assertThatThrownBy(() -> attest(broker(Map.of()), source(Map.of())))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no attestation token");
  }

  @Test
  void takesNoEndlessAnswer() {
    space.answerWith("HTTP/1.0 200 OK\r\n\r\n" + "a".repeat(40_000));

    assertThatThrownBy(() -> attest(broker(Map.of()), source(Map.of())))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("over 32768 bytes");
  }

  @Test
  void saysThatThereIsNoLauncher() {
    space.close();
    socket = temp.resolve("none.sock");

    assertThatThrownBy(() -> attest(broker(Map.of()), source(Map.of())))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("none.sock");
  }

  @ParameterizedTest
  @CsvSource({
    "audience, two words",
    "image-digests, [latest]",
    "support-attribute, BEST",
    "agent-path-template, /gcp_confidential_space/{{ .Image }}",
    "keys-url, http://keys.example"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var settings =
        MapSettings.of(
            Map.of("projectid-allow-list", List.of("prod-1"), key, MapSettings.value(value)));

    new ConfidentialSpaceAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @Test
  void wantsToKnowWhoseMachinesItMayBelieve() {
    var settings = MapSettings.of(Map.of());

    var config = ConfidentialSpaceConfig.read(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("projectid-allow-list: ");
    assertThat(config.keys().toString()).startsWith("https://www.googleapis.com/");
    assertThat(config.supportAttribute()).isEqualTo("STABLE");
    assertThat(config.allowDebug()).isFalse();
    assertThat(config.allowOverrides()).isFalse();
    assertThat(config.audience()).isEqualTo("spiffe://example.org");
  }

  @Test
  void reportsAnAudienceOfTheAgentThatCannotBeUsed() {
    var settings = MapSettings.of(Map.of("audience", "a b"));

    new ConfidentialSpaceSource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("audience: ");
  }
}
