package dev.entente.runtime;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// A few platform threads for one kind of work that blocks, with a bounded queue.
///
/// Each kind has its own pool, so that a kind that hangs (a name server that does not answer) stops
/// nothing but itself; what the queue has no room for is refused at once. Platform threads, because
/// a call into the C library pins the carrier of a virtual one, and two stuck look-ups would stop
/// every virtual thread on a small machine. Threads that have nothing to do end. Any thread may
/// call.
public final class BoundedPool implements AutoCloseable {
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final String name;
  private final AtomicLong refused = new AtomicLong();
  private final ThreadPoolExecutor threads;

  /// @param name of the work, in thread names and figures
  /// @param threads most pieces at once
  /// @param queued most pieces that wait
  public BoundedPool(String name, int threads, int queued) {
    this(name, threads, queued, () -> {});
  }

  /// As [#BoundedPool(String, int, int)], for work that computes and yields to whoever answers.
  public BoundedPool(String name, int threads, int queued, Precedence precedence) {
    this(name, threads, queued, precedence::computesInBulk);
  }

  private BoundedPool(String name, int threads, int queued, Runnable before) {
    this.name = name;
    this.threads =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE.toMillis(),
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(queued),
            Thread.ofPlatform().daemon().name(name + "-", 0).factory(),
            this::refuse) {
          @Override
          protected void beforeExecute(Thread thread, Runnable work) {
            before.run();
          }
        };
    this.threads.allowCoreThreadTimeOut(true);
  }

  private void refuse(Runnable work, ThreadPoolExecutor pool) {
    refused.incrementAndGet();
    throw new RejectedExecutionException(
        "too much work for \"" + name + "\": " + pool.getQueue().size() + " pieces wait");
  }

  /// Runs `work`; the future completes on the caller's context. It fails with
  /// [RejectedExecutionException] if the queue is full and with [TimeoutException] after `limit`,
  /// waiting in the queue included; a piece that is over its limit is interrupted, and its thread
  /// comes back when it heeds that.
  @SuppressWarnings("FutureReturnValueIgnored") // what the work answers goes into the promise
  public <T> Future<T> run(Vertx vertx, Callable<T> work, Duration limit) {
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

  /// The threads, for libraries that want an executor.
  ExecutorService executor() {
    return threads;
  }

  /// Pieces that wait for a thread.
  public int queued() {
    return threads.getQueue().size();
  }

  /// Shows how many pieces wait and how many were refused, under the pool's name.
  public void register(MeterRegistry meters) {
    Gauge.builder("entente.pool.queue", this, BoundedPool::queued)
        .description("Pieces of work that wait for a thread")
        .tag("pool", name)
        .register(meters);
    FunctionCounter.builder("entente.pool.refused", refused, AtomicLong::get)
        .description("Pieces of work refused because the queue was full")
        .tag("pool", name)
        .register(meters);
  }

  /// Interrupts what runs and drops what waits.
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
