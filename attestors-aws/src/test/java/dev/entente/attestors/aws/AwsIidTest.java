package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.FakeAws.Machine;
import dev.entente.testkit.FakeEc2Metadata;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestIdentityDocuments;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Both halves of `aws_iid` as their providers make them, over fakes of the metadata service and
/// AWS.
class AwsIidTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String ACCOUNT = FakeAws.OWN_ACCOUNT;
  private static final String INSTANCE = "i-0a1b2c3d4e";

  private final Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final FakeEc2Metadata metadata = new FakeEc2Metadata();
  private final FakeAws aws = new FakeAws();

  @TempDir private Path certificates;
  private TestIdentityDocuments region;

  @BeforeEach
  void anInstanceAndABrokerThatKnowsItsRegion() throws Exception {
    region = TestIdentityDocuments.of("us-west-2", started);
    Files.writeString(
        certificates.resolve("us-west-2.pem"),
        Pem.encodeCertificates(List.of(region.certificate())));
    var document = region.document(ACCOUNT, INSTANCE, started);
    metadata.identity(document, region.signature(document), region.rsa2048(document));
    aws.put(Machine.running(ACCOUNT, INSTANCE, started));
  }

  @AfterEach
  void close() {
    metadata.close();
    aws.close();
  }

  private EvidenceSource source() {
    var settings = MapSettings.of(Map.of("ec2-metadata-endpoint", metadata.endpoint().toString()));
    var made = new AwsIidSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private NodeAttestor broker(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("account-ids", List.of(ACCOUNT));
    values.put("identity-certificates", certificates.toString());
    values.put("api-endpoint", aws.endpoint().toString());
    values.put("access-key-id", "AKIATEST");
    values.put("secret-access-key", "secret");
    values.putAll(more);
    var settings = MapSettings.of(values);
    var made = new AwsIidAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private Presentation shown() throws Exception {
    return new Presentation(source().open().payload(), "192.0.2.1");
  }

  @Test
  void attestsAnInstanceByWhatItsMetadataServiceServes() throws Exception {
    assertThat(broker(Map.of()).begin(shown()))
        .isInstanceOfSatisfying(
            Attested.class,
            attested ->
                assertThat(attested.node().agentId())
                    .hasToString(
                        "spiffe://example.org/spire/agent/aws_iid/111122223333/us-west-2/"
                            + INSTANCE));
  }

  @Test
  void sendsThePayloadSpireSends() throws Exception {
    var members = Json.parseObject(source().open().payload());

    assertThat(members.keySet()).containsExactly("document", "signature", "rsa2048");
    assertThat(members).containsEntry("document", region.document(ACCOUNT, INSTANCE, started));
  }

  @Test
  void namesTheAgentAfterATagIfToldSo() throws Exception {
    var template = "/aws_iid/{{ .Tags.Name }}/{{ .InstanceID }}";

    var step = broker(Map.of("agent-path-template", template)).begin(shown());

    assertThat(((Attested) step).node().agentId())
        .hasToString("spiffe://example.org/spire/agent/aws_iid/node-1/" + INSTANCE);
  }

  @Test
  void refusesAnInstanceThatHasNoTagForItsName() throws Exception {
    var template = "/aws_iid/{{ .Tags.Rack }}/{{ .InstanceID }}";

    assertThat(broker(Map.of("agent-path-template", template)).begin(shown()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("aws-iid/no-agent-id"));
  }

  @Test
  void asksAwsNothingAboutAnAccountThatIsNotAllowed() throws Exception {
    var broker = broker(Map.of("account-ids", List.of("999999999999"), "assume-role", "entente"));

    assertThat(broker.begin(shown())).isInstanceOf(Refused.class);
    assertThat(aws.calls()).isEmpty();
  }

  @Test
  void assumesNoRoleForADocumentThatAnotherSigned() throws Exception {
    var broker =
        broker(
            Map.of(
                "assume-role",
                "entente",
                "verify-organization/management-account-id",
                ACCOUNT,
                "verify-organization/assume-org-role",
                "org",
                "validate-eks-cluster-membership/eks-cluster-names",
                List.of("prod")));
    aws.putAccount(ACCOUNT, "ACTIVE");
    var forger = TestIdentityDocuments.of("us-west-2", started);
    var document = region.document(ACCOUNT, INSTANCE, started);
    metadata.identity(document, region.signature(document), forger.rsa2048(document));

    assertThat(broker.begin(shown())).isInstanceOf(Refused.class);
    assertThat(aws.calls()).isEmpty();

    metadata.identity(document, region.signature(document), region.rsa2048(document));
    broker.begin(shown());
    assertThat(aws.calls()).contains(ACCOUNT + " AssumeRole");
  }

  @Test
  void believesAnInstanceThatIsStillStarting() throws Exception {
    aws.put(Machine.running(ACCOUNT, INSTANCE, started).state("pending"));

    assertThat(broker(Map.of()).begin(shown())).isInstanceOf(Attested.class);
  }

  /// A fleet that starts together, of which each node costs two calls.
  @Test
  void asksAwsThirtyTwoQuestionsAtOnceAndNoMore() throws Exception {
    var broker = broker(Map.of());
    var presentation = shown();
    aws.answerAfter(Duration.ofMillis(50));

    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<AttestationStep> attestation = () -> broker.begin(presentation);
      var fleet = threads.invokeAll(Collections.nCopies(300, attestation));

      for (var node : fleet) {
        assertThat(node.get()).isInstanceOf(Attested.class);
      }
    }

    assertThat(aws.calls()).hasSize(600);
    assertThat(aws.mostCallsAtOnce()).isBetween(2, 32);
  }

  @Test
  void asksForNoRolesIfToldSoAndWhereThereAreNone() throws Exception {
    var told = Map.of("disable-instance-profile-selectors", "true");
    assertThat(rolesOf(broker(told))).isEmpty();
    assertThat(rolesOf(broker(Map.of()))).hasSize(1);
    var machine = Machine.running(ACCOUNT, INSTANCE, started);
    aws.put(
        new Machine(
            ACCOUNT,
            INSTANCE,
            "running",
            machine.interfaceAttachedAt(),
            machine.volumeAttachedAt(),
            Map.of(),
            Optional.empty()));
    int before = aws.calls().size();

    assertThat(rolesOf(broker(Map.of()))).isEmpty();
    assertThat(aws.calls()).hasSize(before + 1);
  }

  private List<String> rolesOf(NodeAttestor broker) throws Exception {
    return ((Attested) broker.begin(shown()))
        .node().selectors().stream()
            .map(Object::toString)
            .filter(it -> it.startsWith("aws_iid:iamrole:"))
            .toList();
  }

  @Test
  void looksAtNoDiskIfToldSo() throws Exception {
    var later = started.plusSeconds(61);
    aws.put(
        new Machine(
            ACCOUNT, INSTANCE, "running", started, later, Map.of(), Optional.of("node-role")));

    assertThat(broker(Map.of()).begin(shown())).isInstanceOf(Refused.class);
    assertThat(broker(Map.of("skip-block-device", "true")).begin(shown()))
        .isInstanceOf(Attested.class);
  }

  @Test
  void believesAccountsOfAFile() throws Exception {
    var file = certificates.resolve("accounts.json");
    Files.writeString(file, "[\"" + ACCOUNT + "\"]");
    var listed =
        Map.of(
            "account-ids", List.<String>of(),
            "verify-organization/account-list-file", file.toString());

    assertThat(broker(listed).begin(shown())).isInstanceOf(Attested.class);
    Files.writeString(file, "[\"999999999999\"]");
    assertThat(broker(listed).begin(shown())).isInstanceOf(Refused.class);
  }

  @Test
  void offersBothHalvesUnderTheirNames() {
    assertThat(ServiceLoader.load(NodeAttestor.Provider.class))
        .extracting(NodeAttestor.Provider::type)
        .contains("aws_iid", "aws_web_identity");
    assertThat(ServiceLoader.load(EvidenceSource.Provider.class))
        .extracting(EvidenceSource.Provider::type)
        .contains("aws_iid", "aws_web_identity");
  }

  @Test
  void showsItsDocumentOnceAndInNoText() throws Exception {
    var session = source().open();

    assertThat(session.toString()).matches("Evidence\\[[0-9]+ bytes]");
    assertThatThrownBy(() -> session.respond(new byte[] {1}))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("aws_iid has none");
  }

  @Test
  void refusesAnInstanceThatIsGone() throws Exception {
    aws.put(Machine.running(ACCOUNT, INSTANCE, started).state("terminated"));

    assertThat(broker(Map.of()).begin(shown()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/instance-not-running"));
  }

  @Test
  void refusesThrowAwaySignersWithoutBeingToldOfThem() throws Exception {
    var settings = MapSettings.of(Map.of("account-ids", List.of(ACCOUNT)));
    var broker = new AwsIidAttestor.Provider().create(DOMAIN, settings);

    assertThat(broker.begin(shown()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/unknown-signer"));
  }

  @Test
  void refusesAPayloadThatIsNone() throws Exception {
    for (var payload : List.of("", "[]", "{\"document\":1}", "{\"document\":\"a\"")) {
      var bytes = payload.getBytes(StandardCharsets.UTF_8);
      assertThat(broker(Map.of()).begin(new Presentation(bytes, "192.0.2.1")))
          .isInstanceOfSatisfying(
              Refused.class, refused -> assertThat(refused.code()).isEqualTo("aws-iid/malformed"));
    }
  }

  @Test
  void saysWhatTheMetadataServiceDidNotAnswer() {
    metadata.page("/latest/dynamic/instance-identity/rsa2048", "");

    assertThatThrownBy(() -> source().open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("/latest/dynamic/instance-identity/rsa2048")
        .hasMessageContaining("hop limit");
  }

  /// To the metadata service such a request came through a proxy that anybody may use.
  @Test
  void saysNothingOfWhomItAsksFor() throws Exception {
    source().open();

    assertThat(metadata.headersSeen())
        .contains("x-aws-ec2-metadata-token")
        .doesNotContain("x-forwarded-for", "forwarded", "via");
  }

  @Timeout(60)
  @Test
  void saysWhatToDoWhereTheTokenDoesNotArrive() {
    metadata.loseTokens();

    assertThatThrownBy(() -> source().open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no complete answer within PT3S")
        .hasMessageContaining("the instance's metadata hop limit must be 2");
  }

  @Test
  void readsNoMoreThanAMetadataServiceWouldSend() {
    metadata.page("/latest/dynamic/instance-identity/document", "x".repeat(16 * 1024 + 1));

    assertThatThrownBy(() -> source().open())
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("over 16384 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "account-ids, [12345]",
    "partition, aws-moon",
    "assume-role, a role",
    "access-key-id, AKIA",
    "agent-path-template, /other/{{ .InstanceID }}",
    "agent-path-template, /aws_iid/{{ .Host }}",
    "api-endpoint, nowhere",
    "api-endpoint, http://ec2.example",
    "api-endpoint, http://192.0.2.1",
    "api-endpoint, ftp://127.0.0.1",
    "identity-certificates, /nonexistent",
    "validate-eks-cluster-membership/eks-cluster-names, [a/b]"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var values = new HashMap<String, Object>();
    values.put("account-ids", List.of(ACCOUNT));
    values.put(key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new AwsIidAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems())
        .singleElement()
        .asString()
        .startsWith(key.replaceFirst(".*/", "") + ": ");
  }

  @ParameterizedTest
  @CsvSource({
    "management-account-id, 12345",
    "assume-org-role, a role",
    "management-account-region, Moon",
    "org-account-map-ttl, PT59S",
    "account-list-file, /etc/hostname"
  })
  void reportsASettingOfTheOrganisationThatCannotBeUsed(String key, String value) {
    var values = new HashMap<String, Object>();
    values.put("verify-organization/management-account-id", "999999999999");
    values.put("verify-organization/assume-org-role", "entente-org");
    values.put("verify-organization/" + key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new AwsIidAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).isNotEmpty().allSatisfy(it -> assertThat(it).startsWith(key));
  }

  @Test
  void believesEveryActiveAccountOfTheOrganisationAndNoOther() throws Exception {
    aws.putAccount("999999999999", "ACTIVE");
    aws.putAccount("888888888888", "ACTIVE");
    var settings = new HashMap<String, Object>();
    settings.put("account-ids", List.of());
    settings.put("verify-organization/management-account-id", "999999999999");
    settings.put("verify-organization/assume-org-role", "entente-org");
    settings.put("assume-role", "entente");

    assertThat(broker(settings).begin(shown()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/account-not-in-organization"));
    assertThat(aws.calls()).containsExactly(ACCOUNT + " AssumeRole", "999999999999 ListAccounts");

    aws.putAccount(ACCOUNT, "ACTIVE");
    assertThat(broker(settings).begin(shown())).isInstanceOf(Attested.class);
  }

  @Test
  void refusesAnInstanceThatIsNoNodeOfTheClusters() throws Exception {
    aws.putNode("prod", "spot", "i-0fffffffff");
    var clusters = Map.of("validate-eks-cluster-membership/eks-cluster-names", List.of("prod"));

    assertThat(broker(clusters).begin(shown()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/not-in-eks-cluster"));

    aws.putNode("prod", "on-demand", INSTANCE);
    assertThat(broker(clusters).begin(shown())).isInstanceOf(Attested.class);
  }

  @Test
  void wantsToKnowWhoseInstancesItMayBelieve() {
    var settings = MapSettings.of(Map.of());

    new AwsIidAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("account-ids: ");
  }

  @ParameterizedTest
  @CsvSource({"ftp://x", "http:x", "no address"})
  void reportsAMetadataAddressThatIsNone(String address) {
    var settings = MapSettings.of(Map.of("ec2-metadata-endpoint", address));

    assertThat(new AwsIidSource.Provider().create(DOMAIN, settings)).isNotNull();
    assertThat(Ec2Metadata.read(settings).endpoint()).hasToString("http://169.254.169.254");

    assertThat(settings.problems()).hasSize(2);
  }
}
