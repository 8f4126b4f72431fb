package dev.entente.broker;

import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a broker does by itself every few seconds. A tick that has not ended is not started again.
final class Ticks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticks.class);

  private final Vertx vertx;
  private final List<Long> timers = new CopyOnWriteArrayList<>();

  Ticks(Vertx vertx) {
    this.vertx = vertx;
  }

  void every(Duration interval, String name, Supplier<Future<Void>> work) {
    var running = new AtomicBoolean();
    timers.add(vertx.setPeriodic(interval.toMillis(), _ -> tick(name, work, running)));
  }

  /// Does `work` once, later and off the event loops.
  void once(Duration later, String name, Runnable work) {
    timers.add(
        vertx.setTimer(
            later.toMillis(),
            _ ->
                tick(
                    name,
                    () -> vertx.executeBlocking(Executors.callable(work), false).mapEmpty(),
                    new AtomicBoolean())));
  }

  private static void tick(String name, Supplier<Future<Void>> work, AtomicBoolean running) {
    if (!running.compareAndSet(false, true)) {
      return;
    }
    Future<Void> outcome;
    try {
      outcome = work.get();
    } catch (RuntimeException e) {
      outcome = Future.failedFuture(e);
    }
    outcome.onComplete(done -> {
      running.set(false);
      if (done.failed()) {
        LOG.atWarn()
            .setCause(done.cause())
            .addKeyValue(Fields.KIND, name)
            .log("Periodic work failed, the next turn tries again");
      }
    });
  }

  @Override
  public void close() {
    timers.forEach(vertx::cancelTimer);
  }
}
