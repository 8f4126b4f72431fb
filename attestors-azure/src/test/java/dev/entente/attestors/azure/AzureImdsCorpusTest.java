package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestors.azure.AzureImdsCorpus.Recipe;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.MapSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The corpus of `azure_imds`: good evidence, and bad evidence made of it by one mutation each.
class AzureImdsCorpusTest extends CorpusContract<Recipe> {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final AzureImdsCorpus CORPUS = new AzureImdsCorpus();

  AzureImdsCorpusTest() {
    super("azure_imds", "azure-imds/");
  }

  @Override
  protected Recipe good(String name) {
    return CORPUS.good(name);
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return CORPUS.mutations();
  }

  @Test
  void acceptsTheYoungestAndTheOldestDocumentThatCounts() throws Exception {
    for (var made : List.of(AzureImdsCorpus.LATEST, AzureImdsCorpus.EARLIEST)) {
      var recipe = good("good-as-azure-sends-it");
      recipe.content = AzureImdsCorpus.madeAt(made);

      assertThat(judge(recipe)).isInstanceOf(Attested.class);
    }
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var tenant = "tenants/" + AzureImdsCorpus.TENANT_DOMAIN + "/";
    var settings =
        MapSettings.of(
            Map.of(
                tenant + "tenant-id",
                FakeAzure.TENANT,
                tenant + "restrict-to-subscriptions",
                List.of(FakeAzure.SUBSCRIPTION)));
    var config = AzureImdsConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    var issuers = new IssuerCertificates(List.of(), _ -> Certificates.der(CORPUS.azure.issuer()));
    var attestor =
        new AzureImdsAttestor(
            DOMAIN,
            config,
            new SignerChain(config.metadataDomains(), List.of(CORPUS.azure.root()), issuers),
            shows(recipe.found),
            () -> AzureImdsCorpus.NOW);
    return attestor.challenge(AzureImdsCorpus.NONCE).next().answer(recipe.response());
  }

  private static AzureDirectory shows(List<AzureVm> machines) {
    return new AzureDirectory() {
      @Override
      public List<AzureVm> find(
          AzureTenant tenant, String subscriptionId, String vmId, Optional<String> scaleSet) {
        return machines;
      }

      @Override
      public Optional<AzureVm> get(AzureTenant tenant, ArmId id) throws AttestationFault {
        throw new AttestationFault("not asked by azure_imds");
      }
    };
  }
}
