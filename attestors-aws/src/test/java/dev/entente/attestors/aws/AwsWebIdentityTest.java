package dev.entente.attestors.aws;

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
import dev.entente.testkit.FakeEc2Metadata;
import dev.entente.testkit.FakeSts;
import dev.entente.testkit.MapSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Both halves of `aws_web_identity`, over fakes of the Security Token Service and of what hands
/// out a role's credentials.
class AwsWebIdentityTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String ROLES = "/latest/meta-data/iam/security-credentials/";

  private final FakeSts sts = new FakeSts(Instant::now);
  private final FakeEc2Metadata metadata = new FakeEc2Metadata();

  @AfterEach
  void close() {
    sts.close();
    metadata.close();
  }

  private EvidenceSource onAnInstance() {
    metadata.page(ROLES, "node-role");
    metadata.page(ROLES + "node-role", FakeSts.credentials());
    metadata.page("/latest/meta-data/placement/region", "us-west-2");
    var settings =
        MapSettings.of(
            Map.of(
                "sts-endpoint", sts.endpoint().toString(),
                "ec2-metadata-endpoint", metadata.endpoint().toString()));
    var made = new AwsWebIdentitySource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private EvidenceSource inATask(Optional<String> nodeName) {
    return new AwsWebIdentitySource(
        new AwsWebIdentitySource.Settings(
            "spiffe://example.org",
            nodeName,
            Optional.of("us-west-2"),
            Optional.of(sts.endpoint())),
        new AwsSurroundings(
            Map.of(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                sts.endpoint() + "/v2/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                "container-secret",
                "ECS_CONTAINER_METADATA_URI_V4",
                sts.endpoint() + "/v4/abc"),
            new Ec2Metadata(URI.create("http://127.0.0.1:1"))),
        InstantSource.system());
  }

  private NodeAttestor broker(Map<String, ?> more) {
    var values = new HashMap<String, Object>();
    values.put("issuers", List.of(FakeSts.ISSUER));
    values.put("account-ids", List.of(FakeSts.ACCOUNT));
    values.put("keys-url", sts.keysUrl().toString());
    values.putAll(more);
    var settings = MapSettings.of(values);
    var made = new AwsWebIdentityAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  @Test
  void makesANodeOfAnInstance() throws Exception {
    var node = ((Attested) attest(broker(Map.of()), onAnInstance())).node();

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/aws_web_identity/123456789012/instance/us-west-2/"
                + "i-0a1b2c3d4e");
    assertThat(node.reattestable()).isFalse();
    assertThat(node.oneTimeUse()).hasValueSatisfying(use -> assertThat(use.mustExist()).isFalse());
    assertThat(node.claims()).containsKeys("role", "instance-id", "token-sha256");
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactly(
            "aws_web_identity:account_id:123456789012",
            "aws_web_identity:iamrole:arn:aws:iam::123456789012:role/service/node-role",
            "aws_web_identity:instance:id:i-0a1b2c3d4e",
            "aws_web_identity:org_id:o-0x3t8umolz",
            "aws_web_identity:ou_path:o-0x3t8umolz/r-zc5j/ou-zc5j-11111111/",
            "aws_web_identity:region:us-west-2",
            "aws_web_identity:tag:team:web",
            "aws_web_identity:vpc:id:vpc-0a1b2c3d");
  }

  @Test
  void makesANodeOfATaskByItsId() throws Exception {
    sts.become(FakeSts.role());

    var node = ((Attested) attest(broker(Map.of()), inATask(Optional.empty()))).node();

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/aws_web_identity/123456789012/role/node-role/"
                + "158d1c8083dd49d6b527399fd6414f5c");
  }

  @Test
  void makesANodeOfAFunctionByTheNameItIsGiven() throws Exception {
    sts.become(FakeSts.function("resize"));

    var node = ((Attested) attest(broker(Map.of()), inATask(Optional.of("resize-1")))).node();

    assertThat(node.agentId().path()).endsWith("/role/node-role/resize-1");
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .contains(
            "aws_web_identity:function:arn:aws:lambda:us-west-2:123456789012:function:resize");
  }

  @Test
  void letsNoNameOfARoleMakeAnInstanceOfIt() throws Exception {
    var broker = broker(Map.of());
    var instance = ((Attested) attest(broker, onAnInstance())).node();
    sts.become(FakeSts.role());

    var role = ((Attested) attest(broker, inATask(Optional.of("i-0a1b2c3d4e")))).node();

    assertThat(role.agentId()).isNotEqualTo(instance.agentId());
    assertThat(role.oneTimeUse()).isNotEqualTo(instance.oneTimeUse());
  }

  @Test
  void refusesARoleThatDoesNotSayWhichNodeItIs() throws Exception {
    sts.become(FakeSts.role());

    assertThat(attest(broker(Map.of()), onAnInstance()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-web-identity/no-node-name"));
  }

  @Test
  void refusesATokenThatWasMadeForAnEarlierNonce() throws Exception {
    var broker = broker(Map.of());
    var session = onAnInstance().open();
    var first = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    var second = (Challenged) broker.begin(new Presentation(session.payload(), "192.0.2.1"));
    byte[] token = session.respond(first.challenge());

    assertThat(second.next().answer(token))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-web-identity/wrong-audience"));
    assertThat(first.next().answer(token)).isInstanceOf(Attested.class);
  }

  @Test
  void takesWholeOrganizationsIfTold() throws Exception {
    var broker =
        broker(Map.of("account-ids", List.of(), "organization-ids", List.of("o-0x3t8umolz")));
    assertThat(attest(broker, onAnInstance())).isInstanceOf(Attested.class);

    var claims = FakeSts.instance("i-0a1b2c3d4e");
    claims.remove("org_id");
    sts.become(claims);
    assertThat(attest(broker, onAnInstance()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.code()).isEqualTo("aws-web-identity/organization-not-allowed"));
  }

  @Test
  void namesTheAgentAsTold() throws Exception {
    var template =
        "/aws_web_identity/{{ .OrganizationID }}/{{ .Region }}/{{ .Tags.team }}/{{ .Node }}";

    var step = attest(broker(Map.of("agent-path-template", template)), onAnInstance());

    assertThat(((Attested) step).node().agentId().path())
        .isEqualTo("/spire/agent/aws_web_identity/o-0x3t8umolz/us-west-2/web/i-0a1b2c3d4e");
  }

  @Test
  void asksForNoTokenOfTheBrokersChoice() {
    var session = inATask(Optional.empty());
    var wish = "https://sts.example.com".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> session.open().respond(wish))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no nonce");
  }

  @Test
  void saysWhyAwsMadeNoToken() {
    sts.refuseWith("OutboundWebIdentityFederationDisabledException");

    assertThatThrownBy(() -> attest(broker(Map.of()), onAnInstance()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("answered 403 OutboundWebIdentityFederationDisabledException");
  }

  @Test
  void refusesAnotherPayload() throws Exception {
    assertThat(broker(Map.of()).begin(new Presentation(new byte[] {'{', '}'}, "192.0.2.1")))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-web-identity/malformed"));
  }

  @Test
  void isNotSureWhileTheKeysCannotBeHad() {
    var broker = broker(Map.of("keys-url", "http://127.0.0.1:1/keys"));

    assertThatThrownBy(() -> attest(broker, onAnInstance()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("keys not fetched");
  }

  @Test
  void findsTheKeysOfEachIssuerAtTheIssuer() {
    var settings =
        MapSettings.of(
            Map.of(
                "issuers", List.of(FakeSts.ISSUER, "https://b2.tokens.sts.global.api.aws"),
                "organization-ids", List.of("o-0x3t8umolz")));

    var config = AwsWebIdentityConfig.read(DOMAIN, settings);

    assertThat(settings.problems()).isEmpty();
    assertThat(config.audience()).isEqualTo("spiffe://example.org");
    assertThat(config.keysByIssuer())
        .containsEntry(
            "https://b2.tokens.sts.global.api.aws",
            URI.create("https://b2.tokens.sts.global.api.aws/.well-known/jwks.json"))
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "issuers, [https://tokens.sts.global.api.aws.example]",
    "issuers, [http://a.tokens.sts.global.api.aws]",
    "account-ids, [12345]",
    "organization-ids, [123456789012]",
    "audience, two words",
    "agent-path-template, /aws_web_identity/{{ .InstanceID }}",
    "keys-url, http://keys.example"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var values =
        new HashMap<String, Object>(
            Map.of("issuers", List.of(FakeSts.ISSUER), "account-ids", List.of(FakeSts.ACCOUNT)));
    values.put(key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new AwsWebIdentityAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @Test
  void wantsToKnowWhomItMayBelieve() {
    var settings = MapSettings.of(Map.of());
    new AwsWebIdentityAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems())
        .satisfiesExactlyInAnyOrder(
            problem -> assertThat(problem).startsWith("account-ids: "),
            problem -> assertThat(problem).startsWith("issuers: "));

    var mixed =
        MapSettings.of(
            Map.of(
                "issuers", List.of(FakeSts.ISSUER, "https://b2.tokens.sts.global.api.aws"),
                "account-ids", List.of(FakeSts.ACCOUNT),
                "keys-url", "https://keys.example"));
    new AwsWebIdentityAttestor.Provider().create(DOMAIN, mixed);
    assertThat(mixed.problems()).singleElement().asString().startsWith("keys-url: ");
  }

  @ParameterizedTest
  @CsvSource({
    "node-name, a/b",
    "region, moon",
    "audience, a b",
    "sts-endpoint, http://x.example",
    "ec2-metadata-endpoint, ftp://x"
  })
  void reportsASettingOfTheAgentThatCannotBeUsed(String key, String value) {
    var settings = MapSettings.of(Map.of(key, MapSettings.value(value)));

    new AwsWebIdentitySource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }
}
