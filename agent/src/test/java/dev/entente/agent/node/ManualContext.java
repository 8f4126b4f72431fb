package dev.entente.agent.node;

import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Callable;

/// A node context without threads: everything runs inside the call that causes it, and time moves
/// when the test moves it.
final class ManualContext implements NodeContext {
  private final ManualClock clock;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Waiting> timers =
      new PriorityQueue<>(Comparator.comparing(Waiting::due).thenComparingLong(Waiting::order));
  private long order;
  private boolean running;

  ManualContext(ManualClock clock) {
    this.clock = clock;
  }

  private record Waiting(Instant due, long order, Runnable task) {}

  @Override
  public void run(Runnable task) {
    tasks.add(task);
    drain();
  }

  @Override
  public <T> Future<T> blocking(Callable<T> work) {
    try {
      return Future.succeededFuture(work.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  @Override
  public <T> Future<T> here(Future<T> elsewhere) {
    return elsewhere;
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    var waiting = new Waiting(clock.instant().plus(delay), order++, task);
    timers.add(waiting);
    return () -> timers.remove(waiting);
  }

  /// Lets `by` pass, running what falls due on the way, in order and at its time.
  void pass(Duration by) {
    var end = clock.instant().plus(by);
    while (!timers.isEmpty() && !timers.peek().due().isAfter(end)) {
      var next = timers.remove();
      clock.set(next.due());
      run(next.task());
    }
    clock.set(end);
  }

  private void drain() {
    if (running) {
      return;
    }
    running = true;
    try {
      while (!tasks.isEmpty()) {
        tasks.remove().run();
      }
    } finally {
      running = false;
    }
  }
}
