package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcService;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Federation relationships from a file")
final class RelationshipFileTest {
  /// A part has at most a thousand relationships.
  private static final int MANY = 2_500;

  @TempDir Path dir;

  private final Console console = new Console();
  private FakeBroker broker;
  private int refusedPart = Integer.MAX_VALUE;

  @BeforeEach
  void start() {
    broker =
        FakeBroker.at(
            dir.resolve("b.sock"),
            services ->
                services.service(
                    TrustDomainGrpcService.SERVICE_DESCRIPTOR,
                    methods ->
                        methods
                            .compute(
                                TrustDomainGrpcService.BatchCreateFederationRelationship,
                                this::create)
                            .compute(
                                TrustDomainGrpcService.BatchUpdateFederationRelationship,
                                this::update)));
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private BatchCreateFederationRelationshipResponse create(
      BatchCreateFederationRelationshipRequest request) {
    if (broker.asked.size() == refusedPart) {
      throw RpcStatus.of(GrpcStatus.UNAVAILABLE, "not ready").asException();
    }
    var response = BatchCreateFederationRelationshipResponse.newBuilder();
    request
        .getFederationRelationshipsList()
        .forEach(it -> response.addResultsBuilder().setStatus(status(it)));
    return response.build();
  }

  private BatchUpdateFederationRelationshipResponse update(
      BatchUpdateFederationRelationshipRequest request) {
    var response = BatchUpdateFederationRelationshipResponse.newBuilder();
    request
        .getFederationRelationshipsList()
        .forEach(it -> response.addResultsBuilder().setStatus(status(it)));
    return response.build();
  }

  /// All goes well, but for `there.example`.
  private static Status status(FederationRelationship relationship) {
    return relationship.getTrustDomain().equals("there.example")
        ? Status.newBuilder()
            .setCode(GrpcStatus.ALREADY_EXISTS.code)
            .setMessage("it is there")
            .build()
        : Status.getDefaultInstance();
  }

  private int run(String verb, String json) throws IOException {
    var file = Files.writeString(dir.resolve("f.json"), json);
    return console.runAt(broker.socket(), "federation", verb, "--file", file.toString());
  }

  private static String file(String... relationships) {
    return "{\"federationRelationships\": [" + String.join(", ", relationships) + "]}";
  }

  private static String web(String domain) {
    return """
    {"trustDomain": "%s", "bundleEndpointURL": "https://%s/b", "bundleEndpointProfile": "https_web"}\
    """
        .formatted(domain, domain);
  }

  private static String spiffe(String bundle, String format) {
    return """
    {"trustDomain": "spiffe://partner.example", "bundleEndpointURL": "https://partner.example/b",
     "bundleEndpointProfile": "https_spiffe", "endpointSPIFFEID": "spiffe://partner.example/s",
     "trustDomainBundle": %s, "trustDomainBundleFormat": "%s"}\
    """
        .formatted(bundle, format);
  }

  private static String many() {
    return file(
        IntStream.range(0, MANY).mapToObj(i -> web("d" + i + ".example")).toArray(String[]::new));
  }

  private List<FederationRelationship> created() {
    return ((BatchCreateFederationRelationshipRequest) broker.asked.getLast())
        .getFederationRelationshipsList();
  }

  @Test
  void readsBothProfilesAndABundleInBothForms() throws Exception {
    var partner = TestAuthority.of("partner.example");
    var document = new String(BundleDocument.toJson(partner.bundle()), StandardCharsets.UTF_8);
    var pem = dev.entente.spiffe.Json.write(Pem.encodeCertificates(List.of(partner.certificate())));

    assertThat(
            run("create", file(web("web.example"), spiffe(document, "spiffe"), spiffe(pem, "pem"))))
        .isZero();

    var endpoint =
        FederationRelationship.newBuilder()
            .setTrustDomain("partner.example")
            .setBundleEndpointUrl("https://partner.example/b")
            .setHttpsSpiffe(
                HTTPSSPIFFEProfile.newBuilder().setEndpointSpiffeId("spiffe://partner.example/s"));
    assertThat(created())
        .containsExactly(
            FederationRelationship.newBuilder()
                .setTrustDomain("web.example")
                .setBundleEndpointUrl("https://web.example/b")
                .setHttpsWeb(HTTPSWebProfile.getDefaultInstance())
                .build(),
            endpoint.setTrustDomainBundle(Bundles.toWire(partner.bundle())).build(),
            endpoint
                .setTrustDomainBundle(
                    Bundles.toWire(
                        Bundles.ofPem(
                            partner.bundle().trustDomain(),
                            Pem.encodeCertificates(List.of(partner.certificate())))))
                .build());
    assertThat(console.out())
        .isEqualTo(
            """
            federation with web.example created
            federation with partner.example created
            federation with partner.example created
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          7                                                  | not an object
          {}                                                 | "trustDomain" is missing
          {"trustDomain": 7}                                 | "trustDomain" is not a text
          {"trustDomain": "NOT A NAME"}                      | trust domain name "NOT A NAME"
          {"trustDomain": "b.example"}                       | "bundleEndpointURL" is missing
          {$U}                                               | "bundleEndpointProfile" is missing
          {$U, "bundleEndpointProfile": "web"}               | neither https_web nor https_spiffe: "web"
          {$U, "typo": 1}                                    | unknown field "typo"
          {$U, "bundleEndpointProfile": "https_spiffe"}      | "endpointSPIFFEID" is missing
          {$U, "bundleEndpointProfile": "https_spiffe", "endpointSPIFFEID": "web"} | not a SPIFFE ID
          {$W, "endpointSPIFFEID": "spiffe://b.example/s"}   | https_web has no "endpointSPIFFEID"
          {$W, "trustDomainBundle": {}}                      | "trustDomainBundleFormat" is missing
          {$W, "trustDomainBundle": {}, "trustDomainBundleFormat": "der"} | neither pem nor spiffe: "der"
          {$W, "trustDomainBundle": {}, "trustDomainBundleFormat": "pem"} | "trustDomainBundle" is not a text
          {$W, "trustDomainBundle": "", "trustDomainBundleFormat": "spiffe"} | "trustDomainBundle" is not an object
          {$W, "trustDomainBundle": {"keys": 7}, "trustDomainBundleFormat": "spiffe"} | the bundle of b.example:
          """)
  void sendsNothingIfOneIsNotUnderstood(String second, String why) throws IOException {
    var url = "\"trustDomain\": \"b.example\", \"bundleEndpointURL\": \"https://b.example/b\"";
    var item =
        second.replace("$U", url).replace("$W", url + ", \"bundleEndpointProfile\": \"https_web\"");

    assertThat(run("create", file(web("good.example"), item))).isEqualTo(2);

    assertThat(console.err())
        .contains("f.json: federationRelationships[1]: ")
        .contains(why)
        .contains("fix: ");
    assertThat(broker.asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"federationRelationships": [              | f.json cannot be used: JSON
          {"federationRelationships": [], "more": 1} | f.json is not {"federationRelationships": […]}
          {"federation_relationships": []}           | f.json is not {"federationRelationships": […]}
          """)
  void refusesWhatIsNoListOfRelationships(String json, String why) throws IOException {
    assertThat(run("create", json)).isEqualTo(2);

    assertThat(console.err()).contains(why);
    assertThat(broker.asked).isEmpty();
  }

  @Test
  void asksPartByPartWithoutHavingBundlesRepeated() throws IOException {
    assertThat(run("create", many())).isZero();

    assertThat(broker.asked)
        .extracting(
            it -> ((BatchCreateFederationRelationshipRequest) it).getFederationRelationshipsCount())
        .containsExactly(1_000, 1_000, 500);
    assertThat(broker.asked)
        .allSatisfy(it -> {
          var request = (BatchCreateFederationRelationshipRequest) it;
          assertThat(request.hasOutputMask()).isTrue();
          assertThat(request.getOutputMask())
              .isEqualTo(FederationRelationshipMask.getDefaultInstance());
        });
    assertThat(console.err()).isEqualTo("2000 of 2500 relationships\n");
    assertThat(console.out().lines()).hasSize(MANY);
  }

  @Test
  void showsWhatWasMadeBeforeTheBrokerStoppedAnswering() throws IOException {
    refusedPart = 2;

    assertThat(run("create", many())).isEqualTo(7);

    assertThat(console.out().lines()).hasSize(1_000);
    assertThat(console.err()).contains("error[UNREACHABLE]", "not ready");
  }

  @ParameterizedTest
  @CsvSource({"create, created", "update, changed"})
  void namesTheOneThatWasRefusedAndDoesTheOthers(String verb, String done) throws IOException {
    assertThat(run(verb, file(web("a.example"), web("there.example"), web("b.example"))))
        .isEqualTo(6);

    assertThat(console.err())
        .contains("error[CONFLICT]: federation with there.example was not " + done, "it is there");
    assertThat(console.out())
        .isEqualTo(
            "federation with a.example %s\nfederation with b.example %1$s\n".formatted(done));
  }

  @Test
  void writesEveryFieldOfTheRelationshipsThatItChanges() throws IOException {
    assertThat(run("update", file(web("a.example")))).isZero();

    var asked = (BatchUpdateFederationRelationshipRequest) broker.asked.getLast();
    assertThat(asked.hasInputMask()).isFalse();
    assertThat(asked.getFederationRelationships(0).hasHttpsWeb()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "create partner.example",
    "create --web",
    "update partner.example",
    "update --url https://a.example"
  })
  void refusesWhatDescribesOneRelationshipBesideAFile(String arguments) {
    var line = "federation " + arguments + " --file f.json";

    assertThat(console.runAt(broker.socket(), line.split(" ", -1))).isEqualTo(2);

    assertThat(console.err()).contains("--file and what describes one relationship exclude");
    assertThat(broker.asked).isEmpty();
  }

  @Test
  void saysThatAnEmptyFileAskedForNothing() throws IOException {
    assertThat(run("create", file())).isZero();

    assertThat(console.err()).isEqualTo("no relationship was given\n");
    assertThat(broker.asked).isEmpty();
  }
}
