package dev.entente.agent.node;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.Callable;

/// The one context all of the node's flows run on, so that their state needs no lock.
interface NodeContext {
  /// Runs `task` on the context, after the caller if the caller is on it.
  void run(Runnable task);

  /// Runs `work`, which may block, elsewhere; the future completes on the context.
  <T> Future<T> blocking(Callable<T> work);

  /// The same outcome, completed on the context.
  <T> Future<T> here(Future<T> elsewhere);

  /// Runs `task` on the context once `delay` has passed, unless cancelled before.
  Timer after(Duration delay, Runnable task);

  /// A task that waits for its time.
  interface Timer {
    /// Does nothing if the task has run.
    void cancel();
  }
}
