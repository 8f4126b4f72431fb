package dev.entente.broker.authority;

import dev.entente.broker.CallerContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A list of items worked on in slices, beside each other and by any thread; the caller is woken
/// once, when the last slice is done or the first has failed.
///
/// @param <Q> what an item is
/// @param <A> what becomes of it
final class SlicedBatch<Q, A> {
  private final List<Q> items;
  private final Function<Q, A> work;
  private final int sliceItems;

  /// A slice's results, at its number; each written by the one thread that runs the slice.
  private final List<List<A>> results;

  private final AtomicInteger slicesLeft;
  private final CallerContext<List<A>> caller = CallerContext.capture();

  SlicedBatch(List<Q> items, Function<Q, A> work, int sliceItems) {
    this.items = items;
    this.work = work;
    this.sliceItems = sliceItems;
    this.results = new ArrayList<>(Collections.nCopies(slices(), List.of()));
    this.slicesLeft = new AtomicInteger(slices());
  }

  int slices() {
    return (items.size() + sliceItems - 1) / sliceItems;
  }

  Future<List<A>> future() {
    return caller.future();
  }

  /// Works on one slice, unless the batch has failed already.
  void run(int slice) {
    if (caller.future().isComplete()) {
      return;
    }
    try {
      var from = slice * sliceItems;
      var part = items.subList(from, Math.min(items.size(), from + sliceItems));
      results.set(slice, part.stream().map(work).toList());
    } catch (RuntimeException | Error e) {
      caller.fail(e);
      return;
    }
    if (slicesLeft.decrementAndGet() == 0) {
      caller.succeed(results.stream().flatMap(List::stream).toList());
    }
  }

  void fail(Throwable cause) {
    caller.fail(cause);
  }
}
