package dev.entente.broker.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The items of a batch and their results, kept in the order of the request while some items go on
/// to the next step and others are refused. For one thread at a time.
///
/// @param <T> what an item is read into
/// @param <R> what is answered for an item
final class Batch<T, R> {
  private final List<@Nullable R> results;
  private final List<T> items = new ArrayList<>();

  /// Where in the request each of `items` stood.
  private final List<Integer> positions = new ArrayList<>();

  Batch(int size) {
    results = new ArrayList<>(size);
  }

  /// Reads the next item; an [IllegalArgumentException] of the reader refuses it.
  void add(Supplier<T> reader, Function<Refusal, R> refused) {
    int position = results.size();
    try {
      items.add(reader.get());
      positions.add(position);
      results.add(null);
    } catch (IllegalArgumentException e) {
      results.add(refused.apply(Refusal.invalid(String.valueOf(e.getMessage()))));
    } catch (RefusedException e) {
      results.add(refused.apply(e.refusal()));
    }
  }

  /// Refuses those of the remaining items that `rule` refuses.
  void refuse(Function<T, Optional<Refusal>> rule, Function<Refusal, R> refused) {
    for (int i = items.size() - 1; i >= 0; i--) {
      var refusal = rule.apply(items.get(i));
      if (refusal.isPresent()) {
        results.set(positions.get(i), refused.apply(refusal.get()));
        items.remove(i);
        positions.remove(/* index */ i);
      }
    }
  }

  /// The items that were not refused, in the order of the request.
  List<T> items() {
    return items;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  /// Sets the results of the remaining items from their outcomes, one each and in order.
  <O> List<R> complete(List<O> outcomes, Function<O, R> result) {
    if (outcomes.size() != items.size()) {
      throw new IllegalStateException(outcomes.size() + " outcomes of " + items.size() + " items");
    }
    for (int i = 0; i < outcomes.size(); i++) {
      results.set(positions.get(i), result.apply(outcomes.get(i)));
    }
    return results();
  }

  /// All results.
  ///
  /// @throws IllegalStateException if an item has none
  List<R> results() {
    var complete = new ArrayList<R>(results.size());
    for (var result : results) {
      if (result == null) {
        throw new IllegalStateException("a batch item has no result");
      }
      complete.add(result);
    }
    return complete;
  }
}
