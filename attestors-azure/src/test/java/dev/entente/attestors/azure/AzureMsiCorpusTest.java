package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Recipe;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;

/// The corpus of `azure_msi`: one good token, and bad tokens that differ from it by one mutation,
/// of its claims or of its text.
class AzureMsiCorpusTest extends CorpusContract<Recipe> {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String AUDIENCE = "api://entente.example.org";
  private static final String OTHER_UUID = "00000000-0000-4000-8000-000000000000";
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final FakeAzure AZURE =
      new FakeAzure(TestAttestedDocuments.now(), TestRsaKeys.next(), () -> NOW);
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          () -> FakeAzure.claims(NOW, AUDIENCE), claims -> FakeAzure.sign(claims, AZURE.keys()));

  AzureMsiCorpusTest() {
    super("azure_msi", "azure-msi/");
  }

  @Override
  protected Recipe good(String name) {
    return TOKENS.recipe();
  }

  @AfterAll
  static void close() {
    AZURE.close();
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    long now = NOW.getEpochSecond();
    var kid = "\"kid\":\"" + FakeAzure.KEY_ID + "\"";
    return Stream.concat(
        TOKENS.forgeries(FakeAzure.KEY_ID, AZURE.keys().getPublic()),
        Stream.of(
            TOKENS.claim("tenant", "tid", OTHER_UUID),
            TOKENS.claims("without-tenant", claims -> claims.remove("tid")),
            TOKENS.claim(
                "issuer-of-another-tenant", "iss", "https://sts.windows.net/" + OTHER_UUID + "/"),
            TOKENS.claim("issuer", "iss", "https://sts.windows.net.example/"),
            TOKENS.claim("audience-of-another-broker", "aud", "api://other.example"),
            TOKENS.claim("audience-of-arm", "aud", "https://management.azure.com/"),
            TOKENS.claim("audience-in-a-list", "aud", List.of(AUDIENCE)),
            TOKENS.claim("expired", "exp", now - 300),
            TOKENS.claim("from-the-future", "iat", now + 301),
            TOKENS.claim("not-yet-valid", "nbf", now + 301),
            TOKENS.claims("without-end", claims -> claims.remove("exp")),
            TOKENS.claim("endless", "exp", Long.MAX_VALUE),
            TOKENS.claim("principal-with-a-slash", "sub", "a/b"),
            TOKENS.claim("another-identity", "sub", OTHER_UUID),
            TOKENS.claims("of-no-machine", claims -> claims.remove("xms_mirid")),
            TOKENS.claim(
                "of-a-scale-set",
                "xms_mirid",
                FakeAzure.VM_ID.replace("virtualMachines", "virtualMachineScaleSets")),
            TOKENS.claim(
                "of-a-machine-that-climbs",
                "xms_mirid",
                FakeAzure.VM_ID.replace("node-1", "../../x")),
            TOKENS.claim(
                "of-a-machine-with-a-query", "xms_mirid", FakeAzure.VM_ID + "?api-version=1&x="),
            TOKENS.claim(
                "of-another-subscription",
                "xms_mirid",
                FakeAzure.VM_ID.replace(FakeAzure.SUBSCRIPTION, OTHER_UUID)),
            TOKENS.claim(
                "of-a-machine-that-is-gone",
                "xms_mirid",
                FakeAzure.VM_ID.replace("node-1", "node-2")),
            TOKENS.header("jku", "{\"alg\":\"RS256\",\"jku\":\"https://x.example\"," + kid + "}"),
            TOKENS.text(
                "signed-by-a-stranger",
                _ -> FakeAzure.sign(FakeAzure.claims(NOW, AUDIENCE), STRANGER)),
            TOKENS.swapped("sub", FakeAzure.ASSIGNED_PRINCIPAL)));
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var tenant = "tenants/" + FakeAzure.TENANT + "/";
    var settings =
        MapSettings.of(
            Map.of(
                tenant + "resource-id",
                AUDIENCE,
                tenant + "restrict-to-subscriptions",
                List.of(FakeAzure.SUBSCRIPTION),
                "arm-endpoint",
                AZURE.endpoint().toString(),
                "keys-url",
                AZURE.keysUrl().toString()));
    var config = AzureMsiConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    var attestor =
        new AzureMsiAttestor(
            TrustDomain.parse("example.org"),
            config,
            new PublishedKeys(config.keys(), () -> NOW),
            new ArmDirectory(config.cloud(), _ -> FakeAzure.ARM_TOKEN),
            () -> NOW);
    byte[] payload = Json.write(Map.of("token", recipe.token())).getBytes(StandardCharsets.UTF_8);
    return attestor.begin(new Presentation(payload, "192.0.2.1"));
  }
}
