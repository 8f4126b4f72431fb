package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import com.google.protobuf.Empty;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.api.message.RelationshipMessages;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.PageRequest;
import dev.entente.broker.store.RelationshipStore;
import dev.entente.rpc.RpcService;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.GetFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsResponse;
import dev.entente.wire.spire.server.trustdomain.v1.RefreshBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcService;
import dev.entente.wire.spire.types.BundleMask;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/// SPIRE's TrustDomain service: with whom we federate.
final class TrustDomainService {
  private final RelationshipStore relationships;
  private final BundleStore bundles;
  private final RelationshipBatches batches;
  private final BundleRefresher refresher;
  private final BundleMask shown;
  private final Gate gate;

  /// @param shown what is shown of partners' bundles
  TrustDomainService(
      RelationshipStore relationships,
      BundleStore bundles,
      RelationshipBatches batches,
      BundleRefresher refresher,
      BundleMask shown,
      Gate gate) {
    this.relationships = relationships;
    this.bundles = bundles;
    this.batches = batches;
    this.refresher = refresher;
    this.shown = shown;
    this.gate = gate;
  }

  RpcService bind() {
    return RpcService.builder(TrustDomainGrpcService.SERVICE_DESCRIPTOR)
        .unary(
            TrustDomainGrpcService.ListFederationRelationships,
            answering((_, request) -> list(request)))
        .unary(
            TrustDomainGrpcService.GetFederationRelationship,
            answering((_, request) -> get(request)))
        .unary(
            TrustDomainGrpcService.BatchCreateFederationRelationship,
            answering((call, r) ->
                batches
                    .create(
                        gate.caller(call),
                        r.getFederationRelationshipsList(),
                        mask(r.hasOutputMask(), r.getOutputMask()))
                    .map(results ->
                        BatchCreateFederationRelationshipResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(
            TrustDomainGrpcService.BatchUpdateFederationRelationship,
            answering((call, r) ->
                batches
                    .update(
                        gate.caller(call),
                        r.getFederationRelationshipsList(),
                        mask(r.hasInputMask(), r.getInputMask()),
                        mask(r.hasOutputMask(), r.getOutputMask()))
                    .map(results ->
                        BatchUpdateFederationRelationshipResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(
            TrustDomainGrpcService.BatchDeleteFederationRelationship,
            answering((call, r) ->
                batches
                    .delete(gate.caller(call), r.getTrustDomainsList())
                    .map(results ->
                        BatchDeleteFederationRelationshipResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(TrustDomainGrpcService.RefreshBundle, answering((_, request) -> refresh(request)))
        .build();
  }

  private Future<ListFederationRelationshipsResponse> list(
      ListFederationRelationshipsRequest request) {
    var page = read(() -> PageRequest.of(request.getPageSize(), request.getPageToken()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return relationships
        .list(page)
        .map(found -> Listings.complete(page, found))
        .compose(found ->
            messages(found.items(), mask)
                .map(messages ->
                    Listings.fitting(
                        ListFederationRelationshipsResponse.newBuilder()
                            .addAllFederationRelationships(messages)
                            .setNextPageToken(found.nextToken())
                            .build())));
  }

  private Future<List<FederationRelationship>> messages(
      List<Relationship> found, FederationRelationshipMask mask) {
    return Future.all(found.stream().map(r -> message(r, mask)).toList())
        .map(all -> all.<FederationRelationship>list());
  }

  private Future<FederationRelationship> message(
      Relationship relationship, FederationRelationshipMask mask) {
    return (mask.getTrustDomainBundle()
            ? bundles.find(relationship.trustDomain())
            : Future.succeededFuture(Optional.<dev.entente.spiffe.SpiffeBundle>empty()))
        .map(bundle -> RelationshipMessages.toWire(relationship, bundle, mask, shown));
  }

  private Future<FederationRelationship> get(GetFederationRelationshipRequest request) {
    var domain = read(() -> IdMessages.readTrustDomain(request.getTrustDomain()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return relationships
        .find(domain)
        .compose(found ->
            message(
                found.orElseThrow(
                    () -> Refusal.notFound("federation relationship does not exist").failure()),
                mask));
  }

  private Future<Empty> refresh(RefreshBundleRequest request) {
    var domain = read(() -> IdMessages.readTrustDomain(request.getTrustDomain()));
    return refresher
        .refresh(domain)
        .map(known -> {
          if (!known) {
            throw Refusal.notFound("no relationship with trust domain \"" + domain + "\"")
                .failure();
          }
          return Empty.getDefaultInstance();
        });
  }

  private static FederationRelationshipMask mask(boolean present, FederationRelationshipMask mask) {
    return present ? mask : RelationshipMessages.ALL;
  }
}
