package dev.entente.broker.store;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/// A future that completes on the Vert.x context that asked, if one did.
final class Reply<T> {
  private final Promise<T> promise = Promise.promise();
  private final @Nullable Context context = Vertx.currentContext();

  Future<T> future() {
    return promise.future();
  }

  void succeed(T value) {
    dispatch(() -> promise.complete(value));
  }

  void fail(Throwable cause) {
    dispatch(() -> promise.fail(cause));
  }

  private void dispatch(Runnable completion) {
    if (context == null) {
      completion.run();
    } else {
      context.runOnContext(_ -> completion.run());
    }
  }
}
