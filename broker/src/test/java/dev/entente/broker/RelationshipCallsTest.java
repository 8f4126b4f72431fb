package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcException;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.GetFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsResponse;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How administrators ask for relationships and change them, over real sockets.
class RelationshipCallsTest extends BrokerCalls {
  private static final FederationRelationshipMask URL =
      FederationRelationshipMask.newBuilder().setBundleEndpointUrl(true).build();

  private static final FederationRelationshipMask BUNDLE =
      FederationRelationshipMask.newBuilder().setTrustDomainBundle(true).build();

  @Test
  void showsOnlyWhatTheOutputMaskNames() {
    var whole = create(relationship("shown.example"));
    var urlOnly =
        FederationRelationship.newBuilder()
            .setTrustDomain("shown.example")
            .setBundleEndpointUrl(whole.getBundleEndpointUrl())
            .build();
    var again =
        BatchUpdateFederationRelationshipRequest.newBuilder()
            .addFederationRelationships(whole)
            .setOutputMask(URL)
            .build();

    assertThat(found("shown.example")).isEqualTo(whole);
    assertThat(found("shown.example", URL)).isEqualTo(urlOnly);
    assertThat(list(ListFederationRelationshipsRequest.newBuilder().setOutputMask(URL)))
        .returns("", ListFederationRelationshipsResponse::getNextPageToken)
        .satisfies(all -> assertThat(all.getFederationRelationshipsList()).contains(urlOnly));
    assertThat(update(again).getResults(0).getFederationRelationship()).isEqualTo(urlOnly);
  }

  @Test
  void changesOnlyWhatTheInputMaskNames() {
    var before = create(relationship("changed.example"));
    var wanted =
        before.toBuilder()
            .setBundleEndpointUrl("https://other.example/bundle")
            .setHttpsSpiffe(
                HTTPSSPIFFEProfile.newBuilder()
                    .setEndpointSpiffeId("spiffe://changed.example/endpoint"))
            .setTrustDomainBundle(before.getTrustDomainBundle().toBuilder().setRefreshHint(99))
            .build();
    var request = BatchUpdateFederationRelationshipRequest.newBuilder();
    request.addFederationRelationships(wanted);

    var withUrl = before.toBuilder().setBundleEndpointUrl(wanted.getBundleEndpointUrl()).build();
    assertThat(update(request.setInputMask(URL).build()).getResults(0).getFederationRelationship())
        .isEqualTo(withUrl);
    var withBundle =
        withUrl.toBuilder().setTrustDomainBundle(wanted.getTrustDomainBundle()).build();
    assertThat(
            update(request.setInputMask(BUNDLE).build()).getResults(0).getFederationRelationship())
        .isEqualTo(withBundle);
    assertThat(found("changed.example")).isEqualTo(withBundle);
    // Without a mask everything is changed.
    update(request.clearInputMask().build());
    assertThat(found("changed.example")).isEqualTo(wanted);
  }

  @Test
  void answersEachRelationshipOfABatchInItsPlace() {
    var present = create(relationship("present.example"));
    var asked =
        List.of(
            present,
            relationship("absent.example"),
            relationship("example.org"),
            present.toBuilder().clearBundleEndpointUrl().build(),
            present);

    var updated =
        update(
                BatchUpdateFederationRelationshipRequest.newBuilder()
                    .addAllFederationRelationships(asked)
                    .build())
            .getResultsList();
    assertThat(updated)
        .extracting(result -> result.getStatus().getCode())
        .containsExactly(0, 5, 3, 3, 0);
    assertThat(updated)
        .allSatisfy(result ->
            assertThat(result.hasFederationRelationship())
                .isEqualTo(result.getStatus().getCode() == 0));
    assertThat(create(asked).getResultsList())
        .extracting(result -> result.getStatus().getCode())
        .containsExactly(6, 0, 3, 3, 6);
  }

  @Test
  void listsInPagesUntilTheTokenIsEmpty() {
    for (var name : List.of("one.example", "two.example", "three.example")) {
      create(relationship(name));
    }
    var all =
        list(ListFederationRelationshipsRequest.newBuilder()).getFederationRelationshipsList();
    var request = ListFederationRelationshipsRequest.newBuilder().setPageSize(2);

    var pages =
        pages(
            token -> list(request.setPageToken(token)),
            ListFederationRelationshipsResponse::getNextPageToken);

    assertThat(pages)
        .hasSizeGreaterThan(1)
        .allSatisfy(
            page -> assertThat(page.getFederationRelationshipsCount()).isLessThanOrEqualTo(2));
    var seen =
        pages.stream().flatMap(page -> page.getFederationRelationshipsList().stream()).toList();
    assertThat(seen).isEqualTo(all);
    assertThat(seen)
        .extracting(FederationRelationship::getTrustDomain)
        .containsSubsequence("one.example", "two.example", "three.example");
    request.setPageToken("second");
    assertThat(codeOf(() -> list(request))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  private static FederationRelationship relationship(String domain) {
    return FederationRelationship.newBuilder()
        .setTrustDomain(domain)
        .setBundleEndpointUrl("https://" + domain + "/bundle")
        .setHttpsWeb(HTTPSWebProfile.getDefaultInstance())
        .setTrustDomainBundle(
            Bundle.newBuilder().setTrustDomain(domain).setRefreshHint(60).setSequenceNumber(7))
        .build();
  }

  private FederationRelationship create(FederationRelationship relationship) {
    var result = create(List.of(relationship)).getResults(0);
    assertThat(result.getStatus().getCode()).as(result.getStatus().getMessage()).isZero();
    return result.getFederationRelationship();
  }

  private BatchCreateFederationRelationshipResponse create(List<FederationRelationship> all) {
    return get(
        broker.local(),
        TrustDomainGrpcClient.BatchCreateFederationRelationship,
        BatchCreateFederationRelationshipRequest.newBuilder()
            .addAllFederationRelationships(all)
            .build());
  }

  private BatchUpdateFederationRelationshipResponse update(
      BatchUpdateFederationRelationshipRequest request) {
    return get(broker.local(), TrustDomainGrpcClient.BatchUpdateFederationRelationship, request);
  }

  private ListFederationRelationshipsResponse list(
      ListFederationRelationshipsRequest.Builder request) {
    return get(broker.local(), TrustDomainGrpcClient.ListFederationRelationships, request.build());
  }

  private FederationRelationship found(String domain) {
    return get(
        broker.local(),
        TrustDomainGrpcClient.GetFederationRelationship,
        GetFederationRelationshipRequest.newBuilder().setTrustDomain(domain).build());
  }

  private FederationRelationship found(String domain, FederationRelationshipMask mask) {
    return get(
        broker.local(),
        TrustDomainGrpcClient.GetFederationRelationship,
        GetFederationRelationshipRequest.newBuilder()
            .setTrustDomain(domain)
            .setOutputMask(mask)
            .build());
  }

  @Test
  void namesTheTrustDomainOfWhatItDeletedHoweverItWasWritten() {
    create(relationship("gone.example"));
    var asked = List.of("spiffe://gone.example", "gone.example", "example.org", "", "no name");

    var results =
        get(
                broker.local(),
                TrustDomainGrpcClient.BatchDeleteFederationRelationship,
                BatchDeleteFederationRelationshipRequest.newBuilder()
                    .addAllTrustDomains(asked)
                    .build())
            .getResultsList();

    assertThat(results)
        .extracting(result -> result.getStatus().getCode())
        .containsExactly(0, 5, 5, 3, 3);
    assertThat(results)
        .extracting(BatchDeleteFederationRelationshipResponse.Result::getTrustDomain)
        .containsExactly("gone.example", "gone.example", "example.org", "", "no name");
  }

  @Test
  void listsAsManyAsAreReadWithoutPagesAndNoMore(@TempDir Path directory) throws SQLException {
    try (var full = TestBroker.start(directory, "")) {
      var names =
          "INSERT INTO relationships (trust_domain, endpoint_url) WITH RECURSIVE n(i) AS"
              + " (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100001)"
              + " SELECT 'd' || i || '.example', 'https://a.example/' FROM n";
      try (var connection =
              DriverManager.getConnection(
                  "jdbc:sqlite:" + directory.resolve("data").resolve("entente.db"));
          var statement = connection.createStatement()) {
        statement.execute(names);
      }
      var request = ListFederationRelationshipsRequest.newBuilder().setOutputMask(URL).build();

      assertThat(
              refusal(() ->
                  get(full.local(), TrustDomainGrpcClient.ListFederationRelationships, request)))
          .hasMessageContainingAll("more than 100000 items", "page_size")
          .extracting(RpcException::code)
          .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
    }
  }
}
