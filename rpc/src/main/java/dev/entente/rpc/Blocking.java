package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.Callable;

/// Runs what blocks on a worker thread, unordered.
final class Blocking {
  private Blocking() {}

  /// Something that may fail and gives nothing back.
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  static <T> Future<T> get(Vertx vertx, Callable<T> step) {
    return vertx.executeBlocking(step, false).map(value -> Objects.requireNonNull(value));
  }

  static Future<Boolean> run(Vertx vertx, Step step) {
    return get(
        vertx,
        () -> {
          step.run();
          return true;
        });
  }
}
