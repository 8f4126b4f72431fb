package dev.entente.broker.api;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// What became of one request of a batch before signing: an order, or the reason why there is none.
///
/// @param <O> what is ordered
sealed interface BatchItem<O> {
  record Ready<O>(O order) implements BatchItem<O> {}

  record Refused<O>(Refusal refusal) implements BatchItem<O> {}

  /// The orders, in the order of the requests.
  static <O> List<O> ready(List<BatchItem<O>> items) {
    var orders = new ArrayList<O>(items.size());
    for (var item : items) {
      if (item instanceof Ready<O>(var order)) {
        orders.add(order);
      }
    }
    return orders;
  }

  /// One result for each request, in their order.
  ///
  /// @param signed the results of [#ready], in its order
  static <O, R> List<R> results(
      List<BatchItem<O>> items, List<R> signed, Function<Refusal, R> refused) {
    var results = new ArrayList<R>(items.size());
    var next = signed.iterator();
    for (var item : items) {
      results.add(
          switch (item) {
            case Ready<O> _ -> next.next();
            case Refused<O>(var refusal) -> refused.apply(refusal);
          });
    }
    return results;
  }
}
