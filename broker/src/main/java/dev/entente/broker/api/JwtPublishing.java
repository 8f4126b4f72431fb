package dev.entente.broker.api;

import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.BundleOutcome;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.bundle.PublishedKeys;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Publishes the keys for tokens of brokers below us.
///
/// Such a broker may publish some keys, and none that takes the room of others or of our own
/// rotation. A key is known above before it is here: the broker below signs with it next. What
/// would be refused here never gets there, where it would count as ours and not be counted here.
final class JwtPublishing {
  private final OwnBundle ownBundle;
  private final PublishedKeys published;
  private final Supplier<Set<String>> ourIds;
  private final Function<JwtAuthority, Future<Void>> publishAbove;

  /// @param ourIds the ids by which the bundle knows the authorities of this broker
  /// @param publishAbove publishes a key in the bundle of the server above, if there is one
  JwtPublishing(
      OwnBundle ownBundle,
      PublishedKeys published,
      Supplier<Set<String>> ourIds,
      Function<JwtAuthority, Future<Void>> publishAbove) {
    this.ownBundle = ownBundle;
    this.published = published;
    this.ourIds = ourIds;
    this.publishAbove = publishAbove;
  }

  /// Publishes one key.
  ///
  /// @param append adds it to our bundle, once it is known above
  Future<SpiffeBundle> publish(
      SpiffeId publisher, JwtAuthority key, Supplier<Future<SpiffeBundle>> append) {
    UnaryOperator<SpiffeBundle> edit =
        ours -> BundleEdits.appendForeign(ours, List.of(), List.of(key), ourIds.get());
    return reserved(
        publisher,
        key,
        () -> requireRoom(edit).compose(_ -> above(key)).compose(_ -> append.get()));
  }

  /// Publishes one key for WIT-SVIDs. There is no server above while they are switched on.
  ///
  /// @param append adds it to our bundle
  Future<SpiffeBundle> publishWit(
      SpiffeId publisher, JwtAuthority key, Supplier<Future<SpiffeBundle>> append) {
    UnaryOperator<SpiffeBundle> edit =
        ours -> BundleEdits.appendForeignWit(ours, List.of(key), ourIds.get());
    return reserved(publisher, key, () -> requireRoom(edit).compose(_ -> append.get()));
  }

  private Future<SpiffeBundle> reserved(
      SpiffeId publisher, JwtAuthority key, Supplier<Future<SpiffeBundle>> steps) {
    return published
        .reserve(publisher, key.keyId(), this::isPublished)
        .compose(reserved ->
            reserved
                ? steps.get().onComplete(_ -> published.settled(key.keyId()))
                : Future.failedFuture(noRoom(publisher)));
  }

  private boolean isPublished(String keyId) {
    var ours = ownBundle.current();
    return ours.jwtAuthority(keyId).or(() -> ours.witAuthority(keyId)).isPresent();
  }

  private Future<Void> requireRoom(UnaryOperator<SpiffeBundle> edit) {
    return ownBundle
        .foresee(edit)
        .map(JwtPublishing::bundleOf)
        .orElseGet(() -> Future.succeededFuture(ownBundle.current()))
        .mapEmpty();
  }

  private Future<Void> above(JwtAuthority key) {
    return publishAbove
        .apply(key)
        .recover(fault ->
            Future.failedFuture(
                Refusal.unavailable(
                        "JWT authority not published: it did not reach the server above ours: "
                            + fault.getMessage())
                    .failure()));
  }

  private static RefusedException noRoom(SpiffeId publisher) {
    return Refusal.of(
            RefusalKind.TOO_LARGE,
            "authority not published: \""
                + publisher
                + "\" has published "
                + PublishedKeys.PER_PUBLISHER_MAX
                + " that did not expire, more are not taken")
        .failure();
  }

  /// The bundle after a change, or the refusal of it.
  static Future<SpiffeBundle> bundleOf(BundleOutcome outcome) {
    return switch (outcome) {
      case BundleOutcome.Changed(var bundle) -> Future.succeededFuture(bundle);
      case BundleOutcome.Unchanged(var bundle) -> Future.succeededFuture(bundle);
      case BundleOutcome.Refused(var detail) ->
          Future.failedFuture(Refusal.invalid(detail).failure());
      case BundleOutcome.Full(var detail) ->
          Future.failedFuture(Refusal.of(RefusalKind.TOO_LARGE, detail).failure());
    };
  }
}
