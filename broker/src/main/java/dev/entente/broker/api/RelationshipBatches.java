package dev.entente.broker.api;

import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.api.message.RelationshipMessages;
import dev.entente.broker.audit.AuditEvent.FederationAction;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.RelationshipStore;
import dev.entente.broker.store.RelationshipStore.Creation;
import dev.entente.broker.store.RelationshipStore.Update;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipResponse;
import dev.entente.wire.spire.types.BundleMask;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import dev.entente.wire.spire.types.Status;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/// Creates, changes and deletes federation relationships, one after the other.
final class RelationshipBatches {
  private final TrustDomain trustDomain;
  private final RelationshipStore relationships;
  private final BundleStore bundles;
  private final BundleMask shown;
  private final Views views;
  private final Audit audit;

  /// @param shown what is shown of partners' bundles
  RelationshipBatches(
      TrustDomain trustDomain,
      RelationshipStore relationships,
      BundleStore bundles,
      BundleMask shown,
      Views views,
      Audit audit) {
    this.trustDomain = trustDomain;
    this.relationships = relationships;
    this.bundles = bundles;
    this.shown = shown;
    this.views = views;
    this.audit = audit;
  }

  Future<List<BatchCreateFederationRelationshipResponse.Result>> create(
      Caller caller, List<FederationRelationship> messages, FederationRelationshipMask mask) {
    return Items.each(
        messages,
        message ->
            Items.attempt(() -> create(caller, message, mask))
                .map(item -> {
                  var result = BatchCreateFederationRelationshipResponse.Result.newBuilder();
                  item.value().ifPresent(result::setFederationRelationship);
                  return result.setStatus(item.status()).build();
                }));
  }

  Future<List<BatchUpdateFederationRelationshipResponse.Result>> update(
      Caller caller,
      List<FederationRelationship> messages,
      FederationRelationshipMask input,
      FederationRelationshipMask mask) {
    return Items.each(
        messages,
        message ->
            Items.attempt(() -> update(caller, message, input, mask))
                .map(item -> {
                  var result = BatchUpdateFederationRelationshipResponse.Result.newBuilder();
                  item.value().ifPresent(result::setFederationRelationship);
                  return result.setStatus(item.status()).build();
                }));
  }

  Future<List<BatchDeleteFederationRelationshipResponse.Result>> delete(
      Caller caller, List<String> names) {
    return Items.each(
        names,
        name ->
            Items.attempt(() -> delete(caller, name)).map(item -> deleted(name, item.status())));
  }

  private static BatchDeleteFederationRelationshipResponse.Result deleted(
      String name, Status status) {
    return BatchDeleteFederationRelationshipResponse.Result.newBuilder()
        .setStatus(status)
        .setTrustDomain(plain(name))
        .build();
  }

  /// Written as an id, too, it is echoed as a name.
  private static String plain(String name) {
    try {
      return IdMessages.readTrustDomain(name).name();
    } catch (IllegalArgumentException _) {
      return name;
    }
  }

  private Future<FederationRelationship> create(
      Caller caller, FederationRelationship message, FederationRelationshipMask mask) {
    var relationship = read(message);
    var bundle = RelationshipMessages.readBundle(message);
    return audit
        .federation(
            caller,
            FederationAction.CREATE,
            relationship.trustDomain(),
            () -> create(relationship, bundle))
        .compose(created -> echoed(created, mask));
  }

  private Future<Relationship> create(Relationship relationship, Optional<SpiffeBundle> bundle) {
    return relationships
        .create(relationship, bundle)
        .compose(views::settled)
        .compose(outcome ->
            switch (outcome) {
              case Creation.Created() -> Future.succeededFuture(relationship);
              case Creation.Exists _ ->
                  Future.failedFuture(
                      Refusal.of(
                              RefusalKind.ALREADY_EXISTS,
                              "a relationship with \""
                                  + relationship.trustDomain()
                                  + "\" already exists")
                          .failure());
            });
  }

  private Future<FederationRelationship> update(
      Caller caller,
      FederationRelationship message,
      FederationRelationshipMask input,
      FederationRelationshipMask mask) {
    var update = read(message);
    var bundle =
        input.getTrustDomainBundle()
            ? RelationshipMessages.readBundle(message)
            : Optional.<SpiffeBundle>empty();
    return audit
        .federation(
            caller,
            FederationAction.UPDATE,
            update.trustDomain(),
            () -> update(update, input, bundle))
        .compose(updated -> echoed(updated, mask));
  }

  private Future<Relationship> update(
      Relationship update, FederationRelationshipMask input, Optional<SpiffeBundle> bundle) {
    return relationships
        .update(
            update.trustDomain(),
            present -> RelationshipMessages.patch(present, update, input),
            bundle)
        .compose(views::settled)
        .compose(outcome ->
            switch (outcome) {
              case Update.Updated(var relationship) -> Future.succeededFuture(relationship);
              case Update.NotFound() ->
                  Future.failedFuture(
                      Refusal.notFound("federation relationship does not exist").failure());
            });
  }

  private Future<Boolean> delete(Caller caller, String name) {
    var domain = IdMessages.readTrustDomain(name);
    return audit.federation(caller, FederationAction.DELETE, domain, () -> delete(domain));
  }

  private Future<Boolean> delete(TrustDomain domain) {
    return relationships
        .delete(domain)
        .compose(views::settled)
        .map(deleted -> {
          if (!deleted) {
            throw Refusal.notFound("federation relationship does not exist").failure();
          }
          return true;
        });
  }

  private Future<FederationRelationship> echoed(
      Relationship relationship, FederationRelationshipMask mask) {
    return bundles
        .find(relationship.trustDomain())
        .map(stored -> RelationshipMessages.toWire(relationship, stored, mask, shown));
  }

  private Relationship read(FederationRelationship message) {
    var relationship = RelationshipMessages.read(message);
    foreign(relationship.trustDomain());
    return relationship;
  }

  private TrustDomain foreign(TrustDomain domain) {
    if (domain.equals(trustDomain)) {
      throw new IllegalArgumentException(
          "a broker does not federate with its own trust domain \"" + domain + "\"");
    }
    return domain;
  }
}
