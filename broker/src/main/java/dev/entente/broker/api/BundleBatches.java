package dev.entente.broker.api;

import dev.entente.broker.api.message.BundleMessages;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.audit.AuditEvent.FederationAction;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.BundleStore.DeleteMode;
import dev.entente.broker.store.BundleStore.Deletion;
import dev.entente.broker.store.BundleStore.Edition;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.bundle.v1.BatchCreateFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchUpdateFederatedBundleResponse;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.BundleMask;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Creates, changes and deletes bundles of other trust domains, one after the other.
final class BundleBatches {
  private final TrustDomain trustDomain;
  private final BundleStore bundles;
  private final Views views;
  private final Audit audit;

  BundleBatches(TrustDomain trustDomain, BundleStore bundles, Views views, Audit audit) {
    this.trustDomain = trustDomain;
    this.bundles = bundles;
    this.views = views;
    this.audit = audit;
  }

  Future<List<BatchCreateFederatedBundleResponse.Result>> create(
      Caller caller, List<Bundle> messages, BundleMask mask) {
    return Items.each(
            messages, message -> Items.attempt(() -> edited(caller, message, mask, this::creation)))
        .map(outcomes ->
            outcomes.stream()
                .map(o -> {
                  var result = BatchCreateFederatedBundleResponse.Result.newBuilder();
                  o.value().ifPresent(result::setBundle);
                  return result.setStatus(o.status()).build();
                })
                .toList());
  }

  Future<List<BatchUpdateFederatedBundleResponse.Result>> update(
      Caller caller, List<Bundle> messages, BundleMask input, BundleMask mask) {
    return Items.each(
            messages,
            message ->
                Items.attempt(() -> edited(caller, message, mask, bundle -> update(bundle, input))))
        .map(outcomes ->
            outcomes.stream()
                .map(o -> {
                  var result = BatchUpdateFederatedBundleResponse.Result.newBuilder();
                  o.value().ifPresent(result::setBundle);
                  return result.setStatus(o.status()).build();
                })
                .toList());
  }

  Future<List<BatchSetFederatedBundleResponse.Result>> set(
      Caller caller, List<Bundle> messages, BundleMask mask) {
    return Items.each(
            messages, message -> Items.attempt(() -> edited(caller, message, mask, this::set)))
        .map(outcomes ->
            outcomes.stream()
                .map(o -> {
                  var result = BatchSetFederatedBundleResponse.Result.newBuilder();
                  o.value().ifPresent(result::setBundle);
                  return result.setStatus(o.status()).build();
                })
                .toList());
  }

  /// The trust domain of a result is written as the caller wrote it.
  Future<List<BatchDeleteFederatedBundleResponse.Result>> delete(
      Caller caller, List<String> names, BatchDeleteFederatedBundleRequest.Mode mode) {
    var how = mode(mode);
    return Items.each(
        names,
        name ->
            Items.attempt(() -> delete(caller, name, how))
                .map(item ->
                    BatchDeleteFederatedBundleResponse.Result.newBuilder()
                        .setStatus(item.status())
                        .setTrustDomain(name)
                        .build()));
  }

  private static DeleteMode mode(BatchDeleteFederatedBundleRequest.Mode mode) {
    return switch (mode) {
      case RESTRICT -> DeleteMode.RESTRICT;
      case DISSOCIATE -> DeleteMode.DISSOCIATE;
      case DELETE -> DeleteMode.DELETE;
      case UNRECOGNIZED -> throw Refusal.invalid("unknown deletion mode").failure();
    };
  }

  private Future<Boolean> delete(Caller caller, String name, DeleteMode mode) {
    var domain = foreign(name);
    return audit.federation(
        caller, FederationAction.BUNDLE_DELETE, domain, () -> delete(domain, mode));
  }

  private Future<Boolean> delete(TrustDomain domain, DeleteMode mode) {
    return bundles
        .delete(domain, mode)
        .compose(views::settled)
        .map(outcome ->
            switch (outcome) {
              case Deletion.Deleted _ -> true;
              case Deletion.NotFound _ -> throw Refusal.notFound("bundle not found").failure();
              case Deletion.Referenced(var entries) ->
                  throw Refusal.of(
                          RefusalKind.PRECONDITION,
                          "cannot delete bundle: " + entries + " entries federate with it")
                      .failure();
            });
  }

  private Future<Edition> creation(SpiffeBundle bundle) {
    return bundles
        .edit(
            bundle.trustDomain(),
            present -> present.isPresent() ? Optional.empty() : Optional.of(bundle))
        .compose(views::settled)
        .map(edition ->
            require(edition, Refusal.of(RefusalKind.ALREADY_EXISTS, "bundle already exists")));
  }

  private Future<Edition> update(SpiffeBundle update, BundleMask input) {
    return bundles
        .edit(
            update.trustDomain(),
            present -> present.map(bundle -> BundleMessages.patch(bundle, update, input)))
        .compose(views::settled)
        .map(edition -> require(edition, Refusal.notFound("bundle not found")));
  }

  private Future<Edition> set(SpiffeBundle bundle) {
    return bundles.set(bundle).compose(views::settled);
  }

  private static Edition require(Edition edition, Refusal ifLeft) {
    if (edition instanceof Edition.Left) {
      throw ifLeft.failure();
    }
    return edition;
  }

  private SpiffeBundle read(Bundle message) {
    var bundle = BundleMessages.read(message);
    foreign(bundle.trustDomain().name());
    return bundle;
  }

  private TrustDomain foreign(String name) {
    var domain = IdMessages.readTrustDomain(name);
    if (domain.equals(trustDomain)) {
      throw new IllegalArgumentException(
          "\"" + domain + "\" is this broker's own trust domain, not a federated one");
    }
    return domain;
  }

  private Future<Bundle> edited(
      Caller caller,
      Bundle message,
      BundleMask mask,
      Function<SpiffeBundle, Future<Edition>> edit) {
    var bundle = read(message);
    return audit
        .federation(
            caller, FederationAction.BUNDLE_SET, bundle.trustDomain(), () -> edit.apply(bundle))
        .map(outcome ->
            switch (outcome) {
              case Edition.Stored(var stored) -> BundleMessages.toWire(stored, mask);
              case Edition.Left _ -> throw new IllegalStateException("the edit was left out");
            });
  }
}
