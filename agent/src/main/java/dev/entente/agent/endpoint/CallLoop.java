package dev.entente.agent.endpoint;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/// The way back to the event loop of a call, which owns its session, from one that owns an answer.
final class CallLoop {
  private CallLoop() {}

  /// Completes on `loop` as `elsewhere` does.
  static <T> Future<T> back(Context loop, Future<T> elsewhere) {
    Promise<T> promise = Promise.promise();
    elsewhere.onComplete((value, cause) -> loop.runOnContext(_ -> promise.complete(value, cause)));
    return promise.future();
  }
}
