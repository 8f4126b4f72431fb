package dev.entente.broker.registry;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Callers that wait for a revision. Any thread may use it.
final class Waiters {
  private record Waiter(long revision, Answer<RegistryView> answer) {}

  /// A future that completes on the Vert.x context that asked, if one did.
  static final class Answer<T> {
    private final Promise<T> promise = Promise.promise();
    private final @Nullable Context context = Vertx.currentContext();

    Future<T> future() {
      return promise.future();
    }

    void succeed(T value) {
      dispatch(() -> promise.tryComplete(value));
    }

    void fail(String why) {
      dispatch(() -> promise.tryFail(why));
    }

    private void dispatch(Runnable completion) {
      if (context == null) {
        completion.run();
      } else {
        context.runOnContext(_ -> completion.run());
      }
    }
  }

  /// Guarded by this.
  private final List<Waiter> waiting = new ArrayList<>();

  synchronized Future<RegistryView> add(long revision) {
    var waiter = new Waiter(revision, new Answer<>());
    waiting.add(waiter);
    return waiter.answer().future();
  }

  /// Answers everyone whose revision `view` has passed.
  void passed(RegistryView view) {
    List<Waiter> ready;
    synchronized (this) {
      ready = waiting.stream().filter(one -> one.revision() <= view.revision()).toList();
      waiting.removeAll(ready);
    }
    ready.forEach(one -> one.answer().succeed(view));
  }

  void closed() {
    List<Waiter> all;
    synchronized (this) {
      all = List.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(one -> one.answer().fail("the registry is closed"));
  }
}
