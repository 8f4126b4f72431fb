package dev.entente.broker.store;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A future that completes on the Vert.x context that asked, if one did.
final class Reply<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

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

  /// Whatever the caller's handlers do, or if the caller's event loop is gone, the store's thread
  /// goes on.
  private void dispatch(Runnable completion) {
    try {
      if (context == null) {
        completion.run();
      } else {
        context.runOnContext(_ -> completion.run());
      }
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("Answering a caller of the store failed");
    }
  }
}
