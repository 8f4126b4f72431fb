package dev.entente.rpc;

import io.vertx.core.Future;

/// Answers one request with one message. Runs on the event loop; the future may complete anywhere.
@FunctionalInterface
public interface UnaryHandler<Q, A> {
  /// Answers. Fail with an [RpcException] to choose the status; anything else is "internal".
  Future<A> handle(CallContext call, Q request);
}
