package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetEntryRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.RefreshBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// The life of a relationship between two brokers, `example.org` whose bundle is fetched and
/// `partner.example` that fetches it, through the API that administrators use.
class FederationTest {
  private static final int INVALID_ARGUMENT = 3;

  @TempDir private Path directory;

  private TestBroker broker;
  private TestBroker partner;

  @BeforeEach
  void start() {
    broker =
        TestBroker.start(
            directory.resolve("own"),
            "listeners: [{kind: bundle-https-spiffe, address: \"127.0.0.1:0\", path: /bundle}]");
    partner = partner();
  }

  @AfterEach
  void stop() {
    partner.close();
    broker.close();
  }

  private TestBroker partner() {
    return TestBroker.start(
        TrustDomain.parse("partner.example"),
        directory.resolve("partner"),
        "federation: {allow-private-addresses: true}",
        InstantSource.system());
  }

  @TestFactory
  @Tag("-FED-21")
  @Tag("+FED-23")
  @Tag("-FED-26")
  @Tag("-FED-27")
  @Tag("-FED-49")
  @Tag("-FED-50")
  @Tag("-FED-51")
  @Tag("+FED-80")
  @Tag("-FED-89")
  @Tag("-ID-15")
  Stream<DynamicTest> savesNoRelationshipThatLacksOrBreaksAValue() {
    return Stream.of(
        refuses("no trust domain", it -> it.clearTrustDomain()),
        refuses("no URL", it -> it.clearBundleEndpointUrl()),
        refuses("no profile", it -> it.clearBundleEndpointProfile()),
        refuses("no endpoint id", it -> it.setHttpsSpiffe(spiffe(""))),
        refuses("an endpoint id that is none", it -> it.setHttpsSpiffe(spiffe("web server"))),
        refuses("another scheme", it -> it.setBundleEndpointUrl("http://partner.example/")),
        refuses("a SPIFFE ID as URL", it -> it.setBundleEndpointUrl("spiffe://partner.example")),
        refuses("user info", it -> it.setBundleEndpointUrl("https://u:p@partner.example/")),
        refuses("our own name", it -> it.setTrustDomain("example.org")),
        dynamicTest(
            "and one that has them", () -> assertThat(create(broker, good()).getCode()).isZero()));
  }

  private DynamicTest refuses(String name, UnaryOperator<FederationRelationship.Builder> change) {
    return dynamicTest(
        name,
        () ->
            assertThat(create(broker, change.apply(good().toBuilder()).build()).getCode())
                .isEqualTo(INVALID_ARGUMENT));
  }

  private static FederationRelationship good() {
    return FederationRelationship.newBuilder()
        .setTrustDomain("third.example")
        .setBundleEndpointUrl("https://third.example/bundle")
        .setHttpsWeb(HTTPSWebProfile.getDefaultInstance())
        .build();
  }

  @Test
  @Tag("+FED-79")
  @Tag("+FED-81")
  @Tag("+FED-16")
  @Tag("+FED-22")
  void fetchesInOneDirectionAndFilesTheBundleUnderItsName() {
    federate();

    assertThat(held().getX509AuthoritiesList()).isEqualTo(own().getX509AuthoritiesList());
    assertThat(
            get(
                    partner.local(),
                    BundleGrpcClient.ListFederatedBundles,
                    ListFederatedBundlesRequest.getDefaultInstance())
                .getBundlesList())
        .extracting(Bundle::getTrustDomain)
        .containsExactly("example.org");
    assertNotFound(broker, "partner.example");
  }

  @Test
  @Tag("+FED-14")
  void keepsABundleSetByHandUntilTheNextFetch() {
    federate();
    var byHand = own().toBuilder().clearJwtAuthorities().clearSequenceNumber().build();

    var set =
        get(
            partner.local(),
            BundleGrpcClient.BatchSetFederatedBundle,
            BatchSetFederatedBundleRequest.newBuilder().addBundle(byHand).build());
    assertThat(set.getResults(0).getStatus().getCode()).isZero();
    assertThat(held().getJwtAuthoritiesList()).isEmpty();

    refresh();
    assertThat(held().getJwtAuthoritiesList()).isNotEmpty();
  }

  @Test
  @Tag("+FED-11")
  void holdsWhatItFetchedAfterARestart() {
    federate();
    var before = held();

    partner.close();
    partner = partner();

    assertThat(held()).isEqualTo(before);
  }

  @Test
  @Tag("+FED-84")
  @Tag("+FED-85")
  @Tag("-FED-86")
  @Tag("+FED-87")
  void forgetsABundleWithItsRelationshipAndBeginsAnewFromNothing() {
    federate();
    var entry =
        partner.create(
            Entry.newBuilder()
                .setSpiffeId(partnerId("/web"))
                .setParentId(partnerId("/node"))
                .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1"))
                .addFederatesWith("example.org")
                .build());

    end();

    assertNotFound(partner, "example.org");
    assertThat(
            get(
                    partner.local(),
                    EntryGrpcClient.GetEntry,
                    GetEntryRequest.newBuilder().setId(entry.getId()).build())
                .getFederatesWithList())
        .isEmpty();
    assertCode(GrpcStatus.NOT_FOUND, this::refresh);
    assertThat(create(partner, relationship().build()).getCode()).isZero();
    assertThatThrownBy(this::refresh).hasMessageContaining("is held to authenticate");
    assertNotFound(partner, "example.org");
  }

  @Test
  @Tag("+FED-88")
  void takesRelationshipsFromAdministratorsOnlyAndRecordsEachInTheAuditLog() throws Exception {
    var request =
        BatchCreateFederationRelationshipRequest.newBuilder()
            .addFederationRelationships(relationship())
            .build();
    for (RpcClient caller : new RpcClient[] {broker.anonymous(), broker.as(agent())}) {
      assertCode(
          GrpcStatus.PERMISSION_DENIED,
          () -> get(caller, TrustDomainGrpcClient.BatchCreateFederationRelationship, request));
    }

    federate();

    assertThat(auditOf("partner")).contains("\"federation_change\"", "\"example.org\"");
  }

  @Test
  @Tag("-BND-03")
  void storesNoBundleWithoutAName() {
    var nameless = own().toBuilder().clearTrustDomain().build();

    var set =
        get(
            partner.local(),
            BundleGrpcClient.BatchSetFederatedBundle,
            BatchSetFederatedBundleRequest.newBuilder().addBundle(nameless).build());

    assertThat(set.getResults(0).getStatus().getCode()).isEqualTo(INVALID_ARGUMENT);
    assertThat(
            get(
                    partner.local(),
                    BundleGrpcClient.ListFederatedBundles,
                    ListFederatedBundlesRequest.getDefaultInstance())
                .getBundlesCount())
        .isZero();
  }

  private TlsIdentity agent() {
    return broker.attest().identity();
  }

  private String auditOf(String name) throws Exception {
    try (var files = Files.list(directory.resolve(name).resolve("data/audit"))) {
      return files.map(FederationTest::text).collect(Collectors.joining());
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void federate() {
    var created = create(partner, relationship().setTrustDomainBundle(own()).build());
    assertThat(created.getCode()).as(created.getMessage()).isZero();
    refresh();
  }

  private void refresh() {
    get(
        partner.local(),
        TrustDomainGrpcClient.RefreshBundle,
        RefreshBundleRequest.newBuilder().setTrustDomain("example.org").build());
  }

  /// What `entente federation delete` does.
  private void end() {
    var relationship =
        get(
            partner.local(),
            TrustDomainGrpcClient.BatchDeleteFederationRelationship,
            BatchDeleteFederationRelationshipRequest.newBuilder()
                .addTrustDomains("example.org")
                .build());
    assertThat(relationship.getResults(0).getStatus().getCode()).isZero();
    var bundle =
        get(
            partner.local(),
            BundleGrpcClient.BatchDeleteFederatedBundle,
            BatchDeleteFederatedBundleRequest.newBuilder()
                .setMode(BatchDeleteFederatedBundleRequest.Mode.DISSOCIATE)
                .addTrustDomains("example.org")
                .build());
    assertThat(bundle.getResults(0).getStatus().getCode()).isZero();
  }

  private FederationRelationship.Builder relationship() {
    return FederationRelationship.newBuilder()
        .setTrustDomain("example.org")
        .setBundleEndpointUrl(
            "https://127.0.0.1:" + broker.broker.httpsPorts().getFirst() + "/bundle")
        .setHttpsSpiffe(spiffe("spiffe://example.org/spire/server"));
  }

  private static HTTPSSPIFFEProfile spiffe(String id) {
    return HTTPSSPIFFEProfile.newBuilder().setEndpointSpiffeId(id).build();
  }

  private static Status create(TestBroker in, FederationRelationship relationship) {
    return get(
            in.local(),
            TrustDomainGrpcClient.BatchCreateFederationRelationship,
            BatchCreateFederationRelationshipRequest.newBuilder()
                .addFederationRelationships(relationship)
                .build())
        .getResults(0)
        .getStatus();
  }

  private Bundle own() {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }

  private Bundle held() {
    return federated(partner, "example.org");
  }

  private static Bundle federated(TestBroker in, String name) {
    return get(
        in.local(),
        BundleGrpcClient.GetFederatedBundle,
        GetFederatedBundleRequest.newBuilder().setTrustDomain(name).build());
  }

  private static void assertNotFound(TestBroker in, String name) {
    assertCode(GrpcStatus.NOT_FOUND, () -> federated(in, name));
  }

  private static void assertCode(GrpcStatus code, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(RpcException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static SPIFFEID partnerId(String path) {
    return wire(path).toBuilder().setTrustDomain("partner.example").build();
  }
}
