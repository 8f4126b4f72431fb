package dev.entente.cli;

import dev.entente.cli.ImportReport.Fate;
import dev.entente.cli.RegistryImport.Options;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsResponse;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.FederationRelationship;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Takes over the federation relationships that were made through the API; those of a configuration
/// file come with `entente config import`.
final class RelationshipImport {
  /// Each may carry a bundle of a MiB.
  private static final int PAGE = 3;

  private final Calls source;
  private final Calls target;
  private final Options options;
  private final ImportReport report;

  RelationshipImport(Calls source, Calls target, Options options, ImportReport report) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.report = report;
  }

  void run() {
    var present = new LinkedHashMap<String, FederationRelationship>();
    each(target, it -> present.put(it.getTrustDomain(), endpoint(it)));
    each(source, it -> take(endpoint(it), present));
  }

  private static void each(Calls calls, Consumer<FederationRelationship> taker) {
    Paging.each(
        token -> calls.ask(TrustDomainGrpcClient.ListFederationRelationships, page(token)),
        ListFederationRelationshipsResponse::getNextPageToken,
        page -> page.getFederationRelationshipsList().forEach(taker));
  }

  private static ListFederationRelationshipsRequest page(String token) {
    return ListFederationRelationshipsRequest.newBuilder()
        .setPageSize(PAGE)
        .setPageToken(token)
        .build();
  }

  /// Without the bundle, which is a thing of its own and was taken over before.
  private static FederationRelationship endpoint(FederationRelationship relationship) {
    return relationship.toBuilder().clearTrustDomainBundle().build();
  }

  private void take(
      FederationRelationship relationship, Map<String, FederationRelationship> present) {
    var name = "relationship with " + relationship.getTrustDomain();
    var here = present.get(relationship.getTrustDomain());
    if (here == null) {
      create(name, relationship);
    } else if (here.equals(relationship)) {
      report.add("relationships", name, Fate.UNCHANGED, "");
    } else {
      report.add(
          "relationships",
          name,
          Fate.CONFLICT,
          "another endpoint is here, "
              + here.getBundleEndpointUrl()
              + "; it was left as it is: `entente federation update`");
    }
  }

  private void create(String name, FederationRelationship relationship) {
    if (options.dryRun()) {
      report.add("relationships", name, Fate.TAKEN, "");
      return;
    }
    var request =
        BatchCreateFederationRelationshipRequest.newBuilder()
            .addFederationRelationships(relationship)
            .build();
    var response = target.ask(TrustDomainGrpcClient.BatchCreateFederationRelationship, request);
    var status = response.getResults(0).getStatus();
    report.add(
        "relationships",
        name,
        status.getCode() == 0 ? Fate.TAKEN : Fate.REFUSED,
        status.getMessage());
  }
}
