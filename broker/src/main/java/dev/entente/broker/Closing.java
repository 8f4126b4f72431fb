package dev.entente.broker;

import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
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
    add(
        name,
        (AutoCloseable)
            () -> close.get().toCompletionStage().toCompletableFuture().get(1, TimeUnit.SECONDS));
  }

  /// Waits for `first`, at most for `within`, then closes every part.
  synchronized void run(Duration within, Supplier<Future<Void>> first) {
    if (done) {
      return;
    }
    done = true;
    close(
        "listeners",
        () ->
            first
                .get()
                .toCompletionStage()
                .toCompletableFuture()
                .get(within.toMillis(), TimeUnit.MILLISECONDS));
    while (!parts.isEmpty()) {
      var part = parts.pop();
      close(part.name(), part.resource());
    }
  }

  private static void close(String name, AutoCloseable resource) {
    try {
      resource.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException _) {
      LOG.atWarn().addKeyValue(Fields.KIND, name).log("Part did not stop in time");
    } catch (ExecutionException e) {
      LOG.atWarn().addKeyValue(Fields.KIND, name).setCause(e.getCause()).log("Stop failed");
    } catch (Exception e) {
      LOG.atWarn().addKeyValue(Fields.KIND, name).setCause(e).log("Stop failed");
    }
  }
}
