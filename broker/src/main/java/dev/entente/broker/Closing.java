package dev.entente.broker;

import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes the parts of a broker in the opposite order of their making, also of one half made.
final class Closing {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

  private record Part(String name, AutoCloseable resource) {}

  /// The newest first; guarded by this.
  private final Deque<Part> parts = new ArrayDeque<>();

  private boolean done;

  synchronized void add(String name, AutoCloseable resource) {
    parts.push(new Part(name, resource));
  }

  synchronized void add(String name, Supplier<Future<Void>> close) {
    add(name, (AutoCloseable) () -> close.get().toCompletionStage().toCompletableFuture().get());
  }

  /// Waits for `first`, then closes every part; takes at most `within`, all together.
  ///
  /// Nothing may take more than its share: of the time that is left, `first` half, and each part
  /// the same as any that come after it. So whatever hangs, the store, which is near the end, still
  /// has time to write down what was accepted. A part out of time goes on alone, unwatched.
  synchronized void run(Duration within, Supplier<Future<Void>> first) {
    if (done) {
      return;
    }
    done = true;
    var deadline = System.nanoTime() + within.toNanos();
    close(
        "listeners",
        within.dividedBy(2),
        () -> first.get().toCompletionStage().toCompletableFuture().get());
    while (!parts.isEmpty()) {
      var left = Math.max(0, deadline - System.nanoTime());
      var share = Duration.ofNanos(left / parts.size());
      var part = parts.pop();
      close(part.name(), share, part.resource());
    }
  }

  /// On a thread of its own, because a close may hang where no timeout reaches it.
  private static void close(String name, Duration within, AutoCloseable resource) {
    var closed = new CompletableFuture<Void>();
    Thread.ofPlatform()
        .name("close-" + name)
        .daemon()
        .start(() -> {
          try {
            resource.close();
            closed.complete(null);
          } catch (Throwable e) {
            closed.completeExceptionally(e);
          }
        });
    try {
      closed.get(within.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException _) {
      LOG.atWarn().addKeyValue(Fields.KIND, name).log("Part did not stop in time");
    } catch (ExecutionException e) {
      LOG.atWarn().addKeyValue(Fields.KIND, name).setCause(e.getCause()).log("Stop failed");
    }
  }
}
