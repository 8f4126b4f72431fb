package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcService;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsResponse;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcService;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `entente federation`, whose every value is said and none guessed (SPIFFE Federation §6, §7).
class FederationCommandTest {
  private static final String URL = "https://partner.example/bundle";
  private static final String ENDPOINT = "spiffe://partner.example/spire/server";

  @TempDir Path directory;

  private final Console console = new Console();
  private FakeBroker broker;

  @BeforeEach
  void start() {
    broker =
        FakeBroker.at(
            directory.resolve("b.sock"),
            s ->
                s.service(
                        TrustDomainGrpcService.SERVICE_DESCRIPTOR,
                        m ->
                            m.answer(
                                    TrustDomainGrpcService.BatchCreateFederationRelationship,
                                    BatchCreateFederationRelationshipResponse.newBuilder()
                                        .addResults(
                                            BatchCreateFederationRelationshipResponse.Result
                                                .getDefaultInstance())
                                        .build())
                                .answer(
                                    TrustDomainGrpcService.BatchDeleteFederationRelationship,
                                    BatchDeleteFederationRelationshipResponse.newBuilder()
                                        .addResults(
                                            BatchDeleteFederationRelationshipResponse.Result
                                                .newBuilder()
                                                .setTrustDomain("partner.example"))
                                        .build())
                                .answer(
                                    TrustDomainGrpcService.ListFederationRelationships,
                                    ListFederationRelationshipsResponse.newBuilder()
                                        .addFederationRelationships(
                                            relationship()
                                                .setHttpsSpiffe(spiffe("spiffe://host.example/b")))
                                        .build()))
                    .service(
                        BundleGrpcService.SERVICE_DESCRIPTOR,
                        m ->
                            m.answer(
                                BundleGrpcService.BatchDeleteFederatedBundle,
                                BatchDeleteFederatedBundleResponse.newBuilder()
                                    .addResults(
                                        BatchDeleteFederatedBundleResponse.Result.newBuilder()
                                            .setTrustDomain("partner.example")
                                            .setStatus(Status.newBuilder().setCode(5)))
                                    .build())));
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private static FederationRelationship.Builder relationship() {
    return FederationRelationship.newBuilder()
        .setTrustDomain("partner.example")
        .setBundleEndpointUrl(URL);
  }

  private static HTTPSSPIFFEProfile spiffe(String id) {
    return HTTPSSPIFFEProfile.newBuilder().setEndpointSpiffeId(id).build();
  }

  private int run(String... arguments) {
    var all = Stream.concat(Stream.of("federation"), Stream.of(arguments));
    return console.runAt(broker.socket(), all.toArray(String[]::new));
  }

  private FederationRelationship created() {
    return ((BatchCreateFederationRelationshipRequest) broker.asked.getLast())
        .getFederationRelationships(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create partner.example --web",
        "create partner.example --url " + URL,
        "create --web --url " + URL,
        "create partner.example --url " + URL + " --endpoint-spiffe-id web",
        "create partner.example --url " + URL + " --web --endpoint-spiffe-id " + ENDPOINT,
      })
  @Tag("-FED-21")
  @Tag("-FED-51")
  @Tag("-FED-89")
  void createsNothingFromLessThanNameUrlAndProfile(String arguments) {
    assertThat(run(arguments.split(" ", -1))).isEqualTo(ExitCode.USAGE.value());
    assertThat(broker.asked).isEmpty();
  }

  @Test
  void changesNothingIfNothingIsGiven() {
    assertThat(run("update", "partner.example")).isEqualTo(ExitCode.USAGE.value());
    assertThat(console.err()).contains("nothing to change was given");
    assertThat(broker.asked).isEmpty();
  }

  @Test
  @Tag("+FED-29")
  @Tag("+FED-80")
  void asksForThreeValuesUnderHttpsWebAndForTheIdUnderHttpsSpiffe() {
    assertThat(run("create", "partner.example", "--web", "--url", URL)).isZero();
    assertThat(created())
        .isEqualTo(relationship().setHttpsWeb(HTTPSWebProfile.getDefaultInstance()).build());

    assertThat(run("create", "partner.example", "--endpoint-spiffe-id", ENDPOINT, "--url", URL))
        .isZero();
    assertThat(created()).isEqualTo(relationship().setHttpsSpiffe(spiffe(ENDPOINT)).build());
  }

  @Test
  @Tag("+FED-55")
  @Tag("+FED-56")
  void takesTheFirstBundleAsADocumentOrAsPem() throws Exception {
    var partner = TestAuthority.of("partner.example");
    var document = directory.resolve("bundle.json");
    var pem = directory.resolve("bundle.pem");
    Files.write(document, BundleDocument.toJson(partner.bundle()));
    Files.writeString(pem, Pem.encodeCertificates(List.of(partner.certificate())));

    for (var bundle : List.of(List.of(document, "spiffe"), List.of(pem, "pem"))) {
      assertThat(
              run(
                  "create",
                  "partner.example",
                  "--url",
                  URL,
                  "--endpoint-spiffe-id",
                  ENDPOINT,
                  "--bundle",
                  bundle.getFirst().toString(),
                  "--bundle-format",
                  bundle.getLast().toString()))
          .isZero();
      var sent = created().getTrustDomainBundle();
      assertThat(sent.getTrustDomain()).isEqualTo(TrustDomain.parse("partner.example").name());
      assertThat(sent.getX509Authorities(0).getAsn1().toByteArray())
          .isEqualTo(partner.certificate().getEncoded());
    }
  }

  @Test
  @Tag("+FED-93")
  void saysWhoElseIsTrustedWhereTheEndpointIsOfAThirdTrustDomain() {
    var own = "create partner.example --url " + URL + " --endpoint-spiffe-id " + ENDPOINT;
    assertThat(run(own.split(" ", -1))).isZero();
    assertThat(console.err()).doesNotContain("served by");

    assertThat(run(own.replace("spiffe://partner", "spiffe://host").split(" ", -1))).isZero();
    assertThat(console.err()).contains("partner.example is served by host.example");
  }

  @Test
  @Tag("+FED-97")
  void showsWhoseEndpointServesWhichBundle() {
    assertThat(run("list")).isZero();

    assertThat(console.out().lines().toList().getLast())
        .containsSubsequence("partner.example", "https_spiffe", "spiffe://host.example/b");
  }

  @Test
  @Tag("+FED-84")
  void endsARelationshipWithItsBundleUnlessToldToKeepIt() {
    assertThat(run("delete", "partner.example")).isZero();

    var relationship =
        BatchDeleteFederationRelationshipRequest.newBuilder()
            .addTrustDomains("partner.example")
            .build();
    var bundle =
        BatchDeleteFederatedBundleRequest.newBuilder()
            .setMode(BatchDeleteFederatedBundleRequest.Mode.DISSOCIATE)
            .addTrustDomains("partner.example")
            .build();
    assertThat(broker.asked).containsExactly(relationship, bundle);
    assertThat(console.out())
        .as("there was no bundle")
        .isEqualTo("federation with partner.example ended\n");

    broker.asked.clear();
    assertThat(run("delete", "partner.example", "--keep-bundle")).isZero();
    assertThat(broker.asked).containsExactly(relationship);
  }
}
