package dev.entente.broker.api;

import dev.entente.wire.spire.types.Status;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Runs the items of a batch one after the other, each for itself.
final class Items {
  private Items() {}

  /// What became of one item.
  ///
  /// @param value present exactly if the status is OK
  record Outcome<T>(Status status, Optional<T> value) {}

  /// Runs one item's work; whatever fails, thrown or returned, becomes its status.
  static <T> Future<Outcome<T>> attempt(Supplier<Future<T>> work) {
    Future<T> outcome;
    try {
      outcome = work.get();
    } catch (IllegalArgumentException e) {
      outcome = Future.failedFuture(Refusal.invalid(String.valueOf(e.getMessage())).failure());
    } catch (RuntimeException e) {
      outcome = Future.failedFuture(e);
    }
    return outcome.transform(done ->
        Future.succeededFuture(
            done.succeeded()
                ? new Outcome<>(Statuses.ok(), Optional.of(done.result()))
                : new Outcome<>(
                    Statuses.item(Failures.toRefusal("batch item", done.cause())),
                    Optional.empty())));
  }

  /// Applies `work` to each item, one after the other, and gives the results in that order.
  static <Q, A> Future<List<A>> each(List<Q> items, Function<Q, Future<A>> work) {
    Future<List<A>> results = Future.succeededFuture(new ArrayList<>(items.size()));
    for (var item : items) {
      results =
          results.compose(list ->
              work.apply(item)
                  .map(result -> {
                    list.add(result);
                    return list;
                  }));
    }
    return results;
  }
}
