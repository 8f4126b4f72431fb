package dev.entente.broker;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/// Brings the outcome of work on another thread back to the Vert.x context that asked for it. A
/// caller outside Vert.x is answered on the working thread.
///
/// @param <T> what the work gives
public final class CallerContext<T> {
  private final @Nullable Context context;
  private final Promise<T> promise = Promise.promise();

  private CallerContext(@Nullable Context context) {
    this.context = context;
  }

  /// Remembers the context of the caller.
  public static <T> CallerContext<T> capture() {
    return new CallerContext<>(Vertx.currentContext());
  }

  /// For a caller that does not wait, whose context need not be woken.
  public static <T> CallerContext<T> none() {
    return new CallerContext<>(null);
  }

  /// What the caller waits for.
  public Future<T> future() {
    return promise.future();
  }

  /// Succeeds the future of work that gives nothing, from any thread.
  public void succeed() {
    run(promise::tryComplete);
  }

  /// Succeeds the future, from any thread.
  public void succeed(T value) {
    run(() -> promise.tryComplete(value));
  }

  /// Fails the future, from any thread.
  public void fail(Throwable cause) {
    run(() -> promise.tryFail(cause));
  }

  private void run(Runnable completion) {
    if (context == null) {
      completion.run();
    } else {
      context.runOnContext(_ -> completion.run());
    }
  }
}
