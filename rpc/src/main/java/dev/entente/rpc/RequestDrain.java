package dev.entente.rpc;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/// Lets a peer finish sending to a call that was answered early, and resets it if it does not.
///
/// A reset at once would be simpler, but Netty closes a connection on which we reset more than 200
/// streams in 30 s (its cure for "MadeYouReset"): a client that is refused often would lose its
/// other calls. Most requests end a frame after their headers, and need no reset.
final class RequestDrain {
  /// HTTP/2's NO_ERROR: the answer is complete, stop sending (RFC 9113 §8.1).
  private static final long NO_ERROR = 0;

  private static final long LINGER_MILLIS = 1000;

  /// One flow-control window: what a peer may have had under way when it was answered.
  private static final int DISCARD_BYTES_MAX = 64 << 10;

  private final Vertx vertx;
  private final HttpServerRequest request;
  private final long timer;
  private int discarded;

  private RequestDrain(Vertx vertx, HttpServerRequest request) {
    this.vertx = vertx;
    this.request = request;
    this.timer = vertx.setTimer(LINGER_MILLIS, _ -> reset());
  }

  /// Begins; runs on the stream's event loop, after the response was ended.
  static void start(Vertx vertx, HttpServerRequest request) {
    if (request.isEnded()) {
      return;
    }
    var drain = new RequestDrain(vertx, request);
    request.exceptionHandler(_ -> drain.stop());
    request.endHandler(_ -> drain.stop());
    request.handler(chunk -> drain.discard(chunk.length()));
    request.resume();
  }

  private void discard(int bytes) {
    discarded += bytes;
    if (discarded > DISCARD_BYTES_MAX) {
      reset();
    }
  }

  private void reset() {
    stop();
    request.response().reset(NO_ERROR);
  }

  private void stop() {
    vertx.cancelTimer(timer);
  }
}
