package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.ChallengedNode;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestRsaKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Both halves of `azure_imds`, over fakes of the metadata service and of Azure Resource Manager.
class AzureImdsTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String TENANT = "tenants/example.onmicrosoft.com/";

  private static final TestAttestedDocuments DOCUMENTS = TestAttestedDocuments.now();
  private static final KeyPair KEYS = TestRsaKeys.next();

  private final FakeAzure azure = new FakeAzure(DOCUMENTS, KEYS, Instant::now);

  @TempDir private Path directory;

  @AfterEach
  void close() {
    azure.close();
  }

  private EvidenceSource source() {
    var settings =
        MapSettings.of(
            Map.of(
                "tenant-domain",
                "example.onmicrosoft.com",
                "metadata-endpoint",
                azure.endpoint().toString()));
    var made = new AzureImdsSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private AttestationStep attest(String armToken, Map<String, ?> more) throws Exception {
    var values = new HashMap<String, Object>();
    values.put(TENANT + "tenant-id", FakeAzure.TENANT);
    values.put("arm-endpoint", azure.endpoint().toString());
    values.put(
        "trust-bundle-path", file("root.pem", Pem.encodeCertificates(List.of(DOCUMENTS.root()))));
    values.put(
        "issuer-certificates",
        file("issuer.pem", Pem.encodeCertificates(List.of(DOCUMENTS.issuer()))));
    values.putAll(more);
    var settings = MapSettings.of(values);
    var config = AzureImdsConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    var issuers = new IssuerCertificates(config.issuers(), IssuerCertificates.Fetch.overHttp());
    var attestor =
        new AzureImdsAttestor(
            DOMAIN,
            config,
            new SignerChain(config.metadataDomains(), config.roots(), issuers),
            new ArmDirectory(config.cloud(), _ -> armToken),
            InstantSource.system());
    return ChallengedNode.attest(attestor, source());
  }

  private AttestedNode attested(Map<String, ?> more) throws Exception {
    return ((Attested) attest(FakeAzure.ARM_TOKEN, more)).node();
  }

  private String file(String name, String text) throws Exception {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Test
  void namesNodeAndSelectorsAsSpireDoes() throws Exception {
    var node = attested(Map.of(TENANT + "allowed-vm-tags", List.of("role")));

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/azure_imds/"
                + String.join("/", FakeAzure.TENANT, FakeAzure.SUBSCRIPTION, FakeAzure.VM));
    assertThat(node.reattestable()).isFalse();
    var machine = FakeAzure.SUBSCRIPTION + "/" + FakeAzure.VM;
    var digest = Digests.sha256Hex(machine.getBytes(StandardCharsets.US_ASCII));
    assertThat(node.oneTimeUse()).contains(new OneTimeUse("azure_imds", digest, false));
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "azure_imds:subscription-id:" + FakeAzure.SUBSCRIPTION,
            "azure_imds:vm-name:node-1",
            "azure_imds:vm-location:eastus",
            "azure_imds:resource-group:web-rg",
            "azure_imds:vm-tag:role:web",
            "azure_imds:network-security-group:Net-RG:web-nsg",
            "azure_imds:virtual-network:vnet-1",
            "azure_imds:virtual-network-subnet:vnet-1:a");
  }

  @Test
  void findsAMachineInItsScaleSet() throws Exception {
    azure.joinScaleSet();

    var node = attested(Map.of());

    assertThat(node.selectors())
        .extracting(Selector::toString)
        .contains(
            "azure_imds:vmss-name:pool-1",
            "azure_imds:network-security-group:Net-RG:web-nsg",
            "azure_imds:virtual-network-subnet:vnet-1:a");
  }

  @Test
  void namesAScaleSetAsAzureDoesAndNotAsTheNodeDoes() throws Exception {
    azure.joinScaleSetAs("POOL-1");

    assertThat(attested(Map.of()).selectors())
        .extracting(Selector::toString)
        .contains("azure_imds:vmss-name:pool-1")
        .doesNotContain("azure_imds:vmss-name:POOL-1");
  }

  @Test
  void namesTheAgentAsTold() throws Exception {
    var template = "/azure_imds/vm-{{ .VMID }}";

    assertThat(attested(Map.of("agent-path-template", template)).agentId())
        .hasToString("spiffe://example.org/spire/agent/azure_imds/vm-" + FakeAzure.VM);
  }

  @Test
  void asksAboutNoSubscriptionThatIsNotAllowed() throws Exception {
    var step =
        attest(
            FakeAzure.ARM_TOKEN,
            Map.of(TENANT + "restrict-to-subscriptions", List.of(FakeAzure.TENANT)));

    assertThat(step)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("azure-imds/subscription-not-allowed"));
    assertThat(azure.calls()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"500, busy", "429, throttled", "403, denied", "200, nonsense", "200, [1]", "302, ''"})
  void takesAnAzureThatDoesNotAnswerProperlyForAFault(int status, String body) throws Exception {
    azure.failWith(status, body);

    assertThatThrownBy(() -> attested(Map.of()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("machine not looked up in Azure");

    azure.recover();
    assertThat(attested(Map.of())).isNotNull();
  }

  @Timeout(60)
  @Test
  void waitsForAnAzureThatHangsForABoundedTimeAndAsksItAgain() throws Exception {
    azure.failWith(0, "");

    assertThatThrownBy(() -> attested(Map.of()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not answered");

    azure.recover();
    assertThat(attested(Map.of())).isNotNull();
  }

  @Test
  void takesAnAzureThatDoesNotKnowTheBrokerForAFault() {
    assertThatThrownBy(() -> attest("stale", Map.of()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageNotContaining("stale");
  }

  @Test
  void asksEachNodeForADocumentWithANonceOfItsOwn() throws Exception {
    var attestor =
        new AzureImdsAttestor.Provider()
            .create(DOMAIN, MapSettings.of(Map.of(TENANT + "tenant-id", FakeAzure.TENANT)));
    var shown = new Presentation(source().open().payload(), "192.0.2.1");

    assertThat(shown.payload()).asString().isEqualTo("non_empty_payload");
    var first = ((Challenged) attestor.begin(shown)).challenge();
    assertThat(first).asString().matches("[A-Za-z0-9]{32}");
    assertThat(((Challenged) attestor.begin(shown)).challenge()).isNotEqualTo(first);
  }

  @Test
  void wantsToKnowWhoseMachineItIs() {
    var settings = MapSettings.of(Map.of());

    assertThat(new AzureImdsSource.Provider().create(DOMAIN, settings)).isNotNull();
    assertThat(settings.problems()).singleElement().asString().startsWith("tenant-domain: ");
  }

  @Test
  void offersBothHalvesUnderSpiresNames() {
    assertThat(ServiceLoader.load(NodeAttestor.Provider.class))
        .extracting(NodeAttestor.Provider::type)
        .contains("azure_imds", "azure_msi");
    assertThat(ServiceLoader.load(EvidenceSource.Provider.class))
        .extracting(EvidenceSource.Provider::type)
        .contains("azure_imds", "azure_msi");
  }

  @Test
  void answersNoChallengeThatIsNoNonce() throws Exception {
    var session = source().open();
    var wish = "a&api-version=1".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> session.respond(wish))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no nonce");
  }

  @ParameterizedTest
  @CsvSource({
    "agent-path-template, /azure_imds/{{ .Name }}",
    "allowed-metadata-domains, [com]",
    "arm-endpoint, nowhere",
    "arm-endpoint, http://arm.example",
    "authority-host, nowhere",
    "trust-bundle-path, /no/such/file",
    "issuer-certificates, /no/such/file"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var settings =
        MapSettings.of(
            Map.of(TENANT + "tenant-id", FakeAzure.TENANT, key, MapSettings.value(value)));

    new AzureImdsAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @ParameterizedTest
  @CsvSource({
    "tenant-id, example",
    "restrict-to-subscriptions, [production]",
    "app-id, only-half",
    "app-secret, only-half"
  })
  void reportsASettingOfATenantThatCannotBeUsed(String key, String value) {
    var values = new HashMap<String, Object>();
    values.put(TENANT + "tenant-id", FakeAzure.TENANT);
    values.put(TENANT + key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new AzureImdsAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems())
        .singleElement()
        .asString()
        .startsWith(key.replace("app-secret", "app-id") + ": ");
  }

  @Test
  void wantsToKnowWhoseMachinesItMayBelieve() {
    var settings = MapSettings.of(Map.of());

    new AzureImdsAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith("tenants: ");
  }

  @ParameterizedTest
  @CsvSource({"metadata-endpoint, https://169.254.169.254", "metadata-endpoint, nowhere"})
  void reportsASettingOfTheAgentThatCannotBeUsed(String key, String value) {
    var settings =
        MapSettings.of(Map.of("tenant-domain", "a.example", key, MapSettings.value(value)));

    assertThat(new AzureImdsSource.Provider().create(DOMAIN, settings)).isNotNull();
    assertThat(AzureMetadata.read(settings).endpoint()).hasToString("http://169.254.169.254");

    assertThat(settings.problems()).hasSize(2).allMatch(it -> it.startsWith(key + ": "));
  }
}
