package dev.entente.broker.authority;

import dev.entente.broker.CallerContext;
import dev.entente.runtime.Precedence;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// The threads on which signatures are made that would hold up an event loop: batches, RSA, large
/// curves, key generation.
///
/// Platform threads, one for each core: the work is pure computation. The queue is bounded; when it
/// is full a submission fails with [CryptoPoolFullException] at once, which callers answer as
/// Unavailable. Futures complete on the context that submitted. When cores are short the threads
/// yield to the event loops ([Precedence]).
public final class CryptoPool implements AutoCloseable {
  /// Longest run of one caller before another gets a turn: sixteen certificates, about a
  /// millisecond.
  public static final int SLICE_ITEMS = 16;

  /// Slices that may wait for each thread: a quarter of a second of work, after which a caller is
  /// better told to come back.
  private static final int QUEUED_SLICES_PER_THREAD = 256;

  private static final int CLOSE_SECONDS = 5;

  private final ThreadPoolExecutor threads;

  /// Starts one thread for each core.
  public static CryptoPool start(Precedence precedence) {
    int threadCount = Runtime.getRuntime().availableProcessors();
    return new CryptoPool(threadCount, threadCount * QUEUED_SLICES_PER_THREAD, precedence);
  }

  CryptoPool(int threadCount, int queueCapacity, Precedence precedence) {
    var number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            threadCount,
            threadCount,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queueCapacity),
            work ->
                Thread.ofPlatform()
                    .name("entente-crypto-" + number.incrementAndGet())
                    .daemon()
                    .unstarted(work)) {
          @Override
          protected void beforeExecute(Thread thread, Runnable work) {
            precedence.computesInBulk();
          }
        };
    threads.prestartAllCoreThreads();
  }

  /// Runs one piece of work. What it throws fails the future.
  public <T> Future<T> submit(Callable<T> work) {
    var caller = CallerContext.<T>capture();
    try {
      threads.execute(() -> run(work, caller));
    } catch (RejectedExecutionException _) {
      return Future.failedFuture(new CryptoPoolFullException());
    }
    return caller.future();
  }

  /// Applies `work` to each item, in slices of at most [#SLICE_ITEMS] that run beside each other,
  /// and gives the results in the order of the items. One item that throws fails the whole.
  public <Q, A> Future<List<A>> submitEach(List<Q> items, Function<Q, A> work) {
    if (items.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    var batch = new SlicedBatch<>(items, work, SLICE_ITEMS);
    try {
      for (var i = 0; i < batch.slices(); i++) {
        var slice = i;
        threads.execute(() -> batch.run(slice));
      }
    } catch (RejectedExecutionException _) {
      batch.fail(new CryptoPoolFullException());
    }
    return batch.future();
  }

  /// Slices that wait for a thread.
  public int queuedSlices() {
    return threads.getQueue().size();
  }

  private static <T> void run(Callable<T> work, CallerContext<T> caller) {
    try {
      caller.succeed(work.call());
    } catch (Exception | Error e) {
      caller.fail(e);
    }
  }

  /// Finishes what was accepted, for at most five seconds.
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException _) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
