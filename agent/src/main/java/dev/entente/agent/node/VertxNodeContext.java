package dev.entente.agent.node;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Callable;

/// An event loop of Vert.x; what blocks runs on a virtual thread of its own.
final class VertxNodeContext implements NodeContext {
  private final Vertx vertx;
  private final Context context;

  VertxNodeContext(Vertx vertx) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
  }

  @Override
  public void run(Runnable task) {
    context.runOnContext(_ -> task.run());
  }

  // A bug in `work` must reach the future too, or its flow would wait for ever.
  @Override
  public <T> Future<T> blocking(Callable<T> work) {
    Promise<T> promise = Promise.promise();
    Thread.ofVirtual()
        .name("node-blocking")
        .start(() -> {
          try {
            var result = work.call();
            run(() -> promise.complete(result));
          } catch (Throwable e) {
            run(() -> promise.fail(e));
          }
        });
    return promise.future();
  }

  @Override
  public <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> promise = Promise.promise();
    elsewhere.onComplete(outcome ->
        run(() -> {
          if (outcome.succeeded()) {
            promise.complete(outcome.result());
          } else {
            promise.fail(outcome.cause());
          }
        }));
    return promise.future();
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    var id = vertx.setTimer(Math.max(1, delay.toMillis()), _ -> run(task));
    return () -> vertx.cancelTimer(id);
  }
}
