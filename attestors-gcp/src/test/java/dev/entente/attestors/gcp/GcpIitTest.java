package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.ManualClock;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both halves of `gcp_iit` as their providers make them, over fakes of the metadata server and of
/// Google's keys.
class GcpIitTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");

  private final FakeGoogle google = new FakeGoogle(Instant::now);

  @AfterEach
  void close() {
    google.close();
  }

  private EvidenceSource source(Map<String, ?> more) {
    var values = new HashMap<String, Object>(more);
    values.put("identity-token-host", google.metadataHost());
    var settings = MapSettings.of(values);
    var made = new GcpIitSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private NodeAttestor broker(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("projectid-allow-list", List.of("prod-1"));
    values.put("keys-url", google.keysUrl().toString());
    values.putAll(more);
    var settings = MapSettings.of(values);
    var made = new GcpIitAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private static Presentation shown(EvidenceSource.Session session) {
    return new Presentation(session.payload(), "192.0.2.1");
  }

  @Test
  void namesNodeAndSelectorsAsSpireDoes() throws Exception {
    var node = ((Attested) broker(Map.of()).begin(shown(source(Map.of()).open()))).node();

    assertThat(node.agentId()).hasToString("spiffe://example.org/spire/agent/gcp_iit/prod-1/12345");
    assertThat(node.reattestable()).isFalse();
    assertThat(node.oneTimeUse()).hasValueSatisfying(use -> assertThat(use.mustExist()).isFalse());
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "gcp_iit:project-id:prod-1",
            "gcp_iit:zone:us-west1-b",
            "gcp_iit:instance-name:node-1",
            "gcp_iit:sa:node@prod-1.iam.gserviceaccount.com");
  }

  @Test
  void asksTheComputeApiIfTold(@TempDir Path directory) throws Exception {
    var key = Files.writeString(directory.resolve("key.json"), google.serviceAccount());
    google.compute("12345", "RUNNING");

    var step =
        broker(
                Map.of(
                    "use-instance-metadata", "true",
                    "service-account-file", key.toString(),
                    "compute-endpoint", google.endpoint().toString()))
            .begin(shown(source(Map.of()).open()));

    assertThat(((Attested) step).node().selectors())
        .extracting(Selector::toString)
        .contains("gcp_iit:tag:https-server");
  }

  @Test
  void offersBothHalvesUnderSpiresName() {
    assertThat(ServiceLoader.load(NodeAttestor.Provider.class))
        .extracting(NodeAttestor.Provider::type)
        .contains("gcp_iit");
    assertThat(ServiceLoader.load(EvidenceSource.Provider.class))
        .extracting(EvidenceSource.Provider::type)
        .contains("gcp_iit");
  }

  @Test
  void wantsAServiceAccountThatCanBeReadIfOneIsNeeded() {
    var values = new HashMap<String, Object>();
    values.put("projectid-allow-list", List.of("prod-1"));
    values.put("service-account-file", "/no/such/file");
    var settings = MapSettings.of(values);
    assertThat(GcpIitConfig.read(settings).metadata()).isEmpty();
    assertThat(settings.problems()).isEmpty();

    values.put("use-instance-metadata", "true");
    GcpIitConfig.read(settings);
    assertThat(settings.problems()).singleElement().asString().startsWith("service-account-file: ");
  }

  @Test
  void tellsAnInstanceMadeAgainUnderTheSameNameFromTheFirst() throws Exception {
    var broker = broker(Map.of());
    var first = ((Attested) broker.begin(shown(source(Map.of()).open()))).node();
    google.become("67890");
    var second = ((Attested) broker.begin(shown(source(Map.of()).open()))).node();

    assertThat(second.agentId()).isNotEqualTo(first.agentId());
    assertThat(second.oneTimeUse()).isNotEqualTo(first.oneTimeUse());
  }

  @Test
  void namesTheAgentAsTold() throws Exception {
    var template = "/gcp_iit/{{ .Zone }}/{{ .InstanceName }}/{{ .ServiceAccount }}";

    var step =
        broker(Map.of("agent-path-template", template)).begin(shown(source(Map.of()).open()));

    assertThat(((Attested) step).node().agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/gcp_iit/us-west1-b/node-1/"
                + "node_prod-1.iam.gserviceaccount.com");
  }

  @Test
  void refusesATokenThatWasMadeForAnotherBroker() throws Exception {
    var session = source(Map.of("audience", "https://other.example")).open();

    assertThat(broker(Map.of()).begin(shown(session)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-iit/wrong-audience"));
    assertThat(broker(Map.of("audience", "https://other.example")).begin(shown(session)))
        .isInstanceOf(Attested.class);
  }

  @Test
  void bindsTheTokenToANonceIfTold() throws Exception {
    var broker = broker(Map.of("require-nonce", "true"));
    var session = source(Map.of()).open();

    var challenged = (Challenged) broker.begin(shown(session));

    assertThat(challenged.next().answer(session.respond(challenged.challenge())))
        .isInstanceOf(Attested.class);
    assertThat(challenged.next().answer(session.payload()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-iit/wrong-audience"));
    google.become("67890");
    assertThat(challenged.next().answer(session.respond(challenged.challenge())))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-iit/other-instance"));
  }

  @Test
  void asksForNoTokenOfTheBrokersChoice() throws Exception {
    var session = source(Map.of()).open();
    var wish = "https://sts.example.com".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> session.respond(wish))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no nonce");
  }

  @Test
  void saysWhatTheMetadataServerAnswered() {
    var source = source(Map.of("service-account", "unknown"));

    assertThatThrownBy(source::open)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("answer 404");
  }

  @Test
  void fetchesKeysOnceAndAgainForAnUnknownOneAfterAMinute() throws Exception {
    var clock = ManualClock.atPresent();
    var keys = new PublishedKeys(google.keysUrl(), clock);

    assertThat(keys.find(FakeGoogle.KEY_ID)).isPresent();
    assertThat(keys.find("stranger")).isEmpty();
    assertThat(keys.find("other")).isEmpty();
    assertThat(google.keyFetches()).isEqualTo(1);

    clock.advance(Duration.ofMinutes(1));
    assertThat(keys.find(FakeGoogle.KEY_ID)).isPresent();
    assertThat(google.keyFetches()).isEqualTo(1);
    assertThat(keys.find("stranger")).isEmpty();
    assertThat(google.keyFetches()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "{\"keys\":7}", "{\"keys\":[1]}"})
  void believesNothingOnceKeysAreOldAndGoogleAnswersNonsense(String nonsense) throws Exception {
    var clock = ManualClock.atPresent();
    var keys = new PublishedKeys(google.keysUrl(), clock);
    keys.find(FakeGoogle.KEY_ID);
    google.answerKeysWith(nonsense);

    clock.advance(Duration.ofMinutes(59));
    assertThat(keys.find(FakeGoogle.KEY_ID)).isPresent();
    clock.advance(Duration.ofMinutes(1));
    assertThatThrownBy(() -> keys.find(FakeGoogle.KEY_ID)).isInstanceOf(AttestationFault.class);

    google.answerKeysWith("");
    assertThatThrownBy(() -> keys.find(FakeGoogle.KEY_ID)).isInstanceOf(AttestationFault.class);
    clock.advance(Duration.ofSeconds(1));
    assertThat(keys.find(FakeGoogle.KEY_ID)).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "audience, two words",
    "agent-path-template, /gcp_iit/{{ .Tags.Name }}",
    "keys-url, nowhere",
    "keys-url, http://keys.example/certs",
    "compute-endpoint, http://compute.example"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var settings =
        MapSettings.of(
            Map.of("projectid-allow-list", List.of("prod-1"), key, MapSettings.value(value)));

    new GcpIitAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @Test
  void wantsToKnowWhoseInstancesItMayBelieve() {
    var settings = MapSettings.of(Map.of());

    new GcpIitAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("projectid-allow-list: ");
  }

  @ParameterizedTest
  @CsvSource({"identity-token-host, http://x", "service-account, ../x", "audience, a b"})
  void reportsASettingOfTheAgentThatCannotBeUsed(String key, String value) {
    var settings = MapSettings.of(Map.of(key, MapSettings.value(value)));

    new GcpIitSource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @Test
  void goesOnWithTheUsualAccountInPlaceOfOneThatCannotBeUsed() throws Exception {
    var settings =
        MapSettings.of(
            Map.of("identity-token-host", google.metadataHost(), "service-account", "../x"));

    var session = new GcpIitSource.Provider().create(DOMAIN, settings).open();

    assertThat(broker(Map.of()).begin(shown(session))).isInstanceOf(Attested.class);
  }
}
