package dev.entente.runtime;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts the parts of a process in order and stops them in the opposite order.
///
/// The calling threads block, so neither method may run on an event loop.
public final class Daemon {
  /// How long the parts may take to stop. Two of the ten seconds a stop may take in all are left
  /// for what the process closes afterwards.
  public static final Duration STOP_WITHIN = Duration.ofSeconds(8);

  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /// A part with a life of its own.
  public interface Component {
    /// Succeeds once the part does its work.
    Future<Void> start();

    /// Succeeds once the part has finished what it was doing; called at most once.
    Future<Void> stop();
  }

  private record Named(String name, Component component) {}

  private final List<Named> parts = new ArrayList<>();

  /// Parts that run, the newest first; guarded by this.
  private final Deque<Named> running = new ArrayDeque<>();

  /// Adds a part, to be started after all earlier ones.
  public Daemon add(String name, Component component) {
    parts.add(new Named(name, component));
    return this;
  }

  /// Starts everything; if one part fails, the ones already started are stopped and its failure is
  /// thrown.
  public synchronized void start() throws ExecutionException, InterruptedException {
    for (var part : parts) {
      try {
        part.component().start().toCompletionStage().toCompletableFuture().get();
        running.push(part);
      } catch (ExecutionException | InterruptedException e) {
        stop();
        throw e;
      }
    }
  }

  /// Stops everything within [#STOP_WITHIN]; a part that fails or hangs is logged and left. Further
  /// calls do nothing.
  public synchronized void stop() {
    var deadline = System.nanoTime() + STOP_WITHIN.toNanos();
    while (!running.isEmpty()) {
      stop(running.pop(), deadline);
    }
  }

  private static void stop(Named part, long deadlineNanos) {
    var left = Math.max(0, deadlineNanos - System.nanoTime());
    try {
      part.component()
          .stop()
          .toCompletionStage()
          .toCompletableFuture()
          .get(left, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      LOG.atWarn().addKeyValue(Fields.KIND, part.name()).setCause(e).log("Stop failed");
    } catch (TimeoutException _) {
      LOG.atWarn().addKeyValue(Fields.KIND, part.name()).log("Stop did not end in time");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
