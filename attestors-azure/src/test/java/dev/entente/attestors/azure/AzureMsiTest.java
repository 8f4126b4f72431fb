package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestRsaKeys;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Both halves of `azure_msi`.
class AzureMsiTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String AUDIENCE = "api://entente.example.org";
  private static final FakeAzure AZURE =
      new FakeAzure(TestAttestedDocuments.now(), TestRsaKeys.next(), () -> NOW);

  @AfterAll
  static void close() {
    AZURE.close();
  }

  @Test
  void namesNodeAndSelectorsAsSpireDoes() throws Exception {
    var node = ((Attested) judge(source().open().payload())).node();

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/azure_msi/"
                + FakeAzure.TENANT
                + "/"
                + FakeAzure.PRINCIPAL);
    assertThat(node.reattestable()).isFalse();
    assertThat(node.oneTimeUse()).hasValueSatisfying(use -> assertThat(use.mustExist()).isFalse());
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "azure_msi:subscription-id:" + FakeAzure.SUBSCRIPTION,
            "azure_msi:vm-name:Web-RG:node-1",
            "azure_msi:network-security-group:Net-RG:web-nsg",
            "azure_msi:virtual-network:Net-RG:vnet-1",
            "azure_msi:virtual-network-subnet:Net-RG:vnet-1:a");
  }

  @Test
  void showsATokenOfTheIdentityItWasTold() throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "resource-id",
                AUDIENCE,
                "client-id",
                "no such identity",
                "metadata-endpoint",
                AZURE.endpoint().toString()));
    var other = new AzureMsiSource.Provider().create(DOMAIN, settings);

    assertThatThrownBy(other::open)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("answer 400");
  }

  @Test
  void showsItsTokenOnceAndInNoText() throws Exception {
    var session = source().open();

    assertThat(session.toString()).matches("Evidence\\[[0-9]+ bytes]");
    assertThatThrownBy(() -> session.respond(new byte[] {1}))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("azure_msi has none");
  }

  @Test
  void makesAnAttestorOfWhatAnOperatorSays() {
    var settings = MapSettings.of(values());

    assertThat(new AzureMsiAttestor.Provider().create(DOMAIN, settings)).isNotNull();
    assertThat(settings.problems()).isEmpty();
  }

  @Test
  void knowsTheMachineOfAnIdentityThatWasAssignedToIt() throws Exception {
    var claims = FakeAzure.claims(NOW, AUDIENCE);
    claims.put("sub", FakeAzure.ASSIGNED_PRINCIPAL);
    claims.put(
        "xms_mirid",
        FakeAzure.VM_ID.replace(
            "Microsoft.Compute/virtualMachines", "Microsoft.ManagedIdentity/identities"));
    claims.put("xms_az_rid", FakeAzure.VM_ID);

    assertThat(judge(FakeAzure.sign(claims, AZURE.keys()))).isInstanceOf(Attested.class);
  }

  /// It has no nonce and lives for a day: nothing tells a replay from the machine itself.
  @Test
  void countsAnIdentityOnceWhateverItsTokenLooksLike() throws Exception {
    var claims = FakeAzure.claims(NOW, AUDIENCE);
    var first = ((Attested) judge(FakeAzure.sign(claims, AZURE.keys()))).node();
    claims.put("iat", NOW.getEpochSecond() - 30);
    claims.put("sub", FakeAzure.PRINCIPAL.toUpperCase(Locale.ROOT));
    var second = ((Attested) judge(FakeAzure.sign(claims, AZURE.keys()))).node();

    assertThat(first.reattestable()).isFalse();
    assertThat(first.oneTimeUse()).hasValueSatisfying(use -> assertThat(use.mustExist()).isFalse());
    assertThat(second.oneTimeUse()).isEqualTo(first.oneTimeUse());
  }

  @Test
  void acceptsTheIssuerOfTheSecondVersion() throws Exception {
    var claims = FakeAzure.claims(NOW, AUDIENCE);
    claims.put("iss", "https://login.microsoftonline.com/" + FakeAzure.TENANT + "/v2.0");

    assertThat(judge(FakeAzure.sign(claims, AZURE.keys()))).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @CsvSource({"{}", "{\"token\":7}", "token"})
  void refusesAPayloadWithoutAToken(String payload) throws Exception {
    assertThat(judge(payload.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo("azure-msi/malformed"));
  }

  @Test
  void saysThatTheIdentityLibraryGotNoToken() {
    var cloud = AzureCloud.read(MapSettings.of(Map.of("authority-host", "https://127.0.0.1:1")));
    var tenant =
        new AzureTenant(FakeAzure.TENANT, new AzureTenant.Secret("app", "hidden"), Set.of());

    assertThatThrownBy(() -> new IdentityTokens(cloud).token(tenant))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no token for https://management.azure.com")
        .hasMessageNotContaining("hidden");
    assertThat(tenant.toString()).contains("Secret[app]").doesNotContain("hidden");
  }

  @ParameterizedTest
  @CsvSource({
    "agent-path-template, /azure_msi/{{ .VMID }}",
    "keys-url, nowhere",
    "keys-url, http://keys.example"
  })
  void reportsASettingThatCannotBeUsed(String key, String value) {
    var values = new HashMap<>(values());
    values.put(key, MapSettings.value(value));
    var settings = MapSettings.of(values);

    new AzureMsiAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  @Test
  void wantsAnAudienceOfItsOwn() {
    var values = new HashMap<>(values());
    values.remove("tenants/" + FakeAzure.TENANT + "/resource-id");
    var settings = MapSettings.of(values);

    new AzureMsiAttestor.Provider().create(DOMAIN, settings);
    new AzureMsiSource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).hasSize(2).allMatch(it -> it.startsWith("resource-id: "));
  }

  @Test
  void reportsATenantThatIsNoUuidWhereTenantsAreNamed() {
    var values = new HashMap<>(values());
    values.put("tenants/contoso.example/resource-id", AUDIENCE);
    var settings = MapSettings.of(values);

    new AzureMsiAttestor.Provider().create(DOMAIN, settings);

    assertThat(settings.problems())
        .containsExactly("tenants: not a tenant's UUID: \"contoso.example\"");
  }

  /// One of the two would silently decide for both.
  @Test
  void reportsATenantThatIsNamedTwiceInAnotherCase() {
    var again = FakeAzure.TENANT.toUpperCase(Locale.ROOT);
    var values = new HashMap<>(values());
    values.put("tenants/" + again + "/resource-id", "another");
    var settings = MapSettings.of(values);

    new AzureMsiAttestor.Provider().create(DOMAIN, settings);

    assertThat(again).isNotEqualTo(FakeAzure.TENANT);
    assertThat(settings.problems())
        .singleElement()
        .asString()
        .startsWith("tenants: named twice, in another case: ")
        .containsIgnoringCase(FakeAzure.TENANT);
  }

  private static EvidenceSource source() {
    var settings =
        MapSettings.of(
            Map.of("resource-id", AUDIENCE, "metadata-endpoint", AZURE.endpoint().toString()));
    return new AzureMsiSource.Provider().create(DOMAIN, settings);
  }

  private static Map<String, Object> values() {
    var tenant = "tenants/" + FakeAzure.TENANT + "/";
    return Map.of(
        tenant + "resource-id",
        AUDIENCE,
        tenant + "restrict-to-subscriptions",
        List.of(FakeAzure.SUBSCRIPTION),
        "arm-endpoint",
        AZURE.endpoint().toString(),
        "keys-url",
        AZURE.keysUrl().toString());
  }

  private static AttestationStep judge(String token) throws Exception {
    return judge(Json.write(Map.of("token", token)).getBytes(StandardCharsets.UTF_8));
  }

  private static AttestationStep judge(byte[] payload) throws Exception {
    var settings = MapSettings.of(values());
    var config = AzureMsiConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    var attestor =
        new AzureMsiAttestor(
            DOMAIN,
            config,
            new PublishedKeys(config.keys(), () -> NOW),
            new ArmDirectory(config.cloud(), _ -> FakeAzure.ARM_TOKEN),
            () -> NOW);
    return attestor.begin(new Presentation(payload, "192.0.2.1"));
  }
}
