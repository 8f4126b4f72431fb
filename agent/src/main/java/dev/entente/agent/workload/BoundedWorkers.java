package dev.entente.agent.workload;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A few platform threads for work that blocks, with a bounded queue and a limit for each piece.
///
/// Platform threads, because a call into the C library pins the carrier of a virtual one, and two
/// stuck directory lookups would stop every virtual thread on a small machine. A piece that is over
/// its limit is interrupted and its thread comes back when it heeds that.
final class BoundedWorkers implements AutoCloseable {
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final ThreadPoolExecutor threads;

  BoundedWorkers(Vertx vertx, String name, int threads, int queued) {
    this.vertx = vertx;
    this.threads =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE.toMillis(),
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(queued),
            Thread.ofPlatform().daemon().name(name + "-", 0).factory());
    this.threads.allowCoreThreadTimeOut(true);
  }

  /// Runs `work`; the future completes on the caller's context. It fails with
  /// [RejectedExecutionException] if the queue is full and with [TimeoutException] after `limit`,
  /// waiting in the queue included.
  @SuppressWarnings("FutureReturnValueIgnored") // what the work answers goes into the promise
  <T> Future<T> run(Callable<T> work, Duration limit) {
    Context context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    try {
      var task = threads.submit(() -> complete(context, promise, work));
      long timer =
          vertx.setTimer(
              limit.toMillis(),
              _ -> {
                if (promise.tryFail(new TimeoutException("no answer within " + limit))) {
                  task.cancel(true);
                }
              });
      return promise.future().onComplete(_ -> vertx.cancelTimer(timer));
    } catch (RejectedExecutionException e) {
      return Future.failedFuture(e);
    }
  }

  // A bug in `work` must reach the caller too, or the caller would wait for the limit.
  @SuppressWarnings("CatchingUnchecked")
  private static <T> void complete(Context context, Promise<T> promise, Callable<T> work) {
    try {
      T result = work.call();
      context.runOnContext(_ -> promise.tryComplete(result));
    } catch (Exception e) {
      context.runOnContext(_ -> promise.tryFail(e));
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
