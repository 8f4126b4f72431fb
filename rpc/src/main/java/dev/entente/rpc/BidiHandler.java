package dev.entente.rpc;

import io.vertx.core.Future;

/// Talks with a peer, both sides streaming. Runs on the event loop and returns at once.
@FunctionalInterface
public interface BidiHandler<Q, A> {
  /// Talks. The call ends when the future does: well, or with the status of its [RpcException].
  Future<?> handle(CallContext call, RequestStream<Q> in, ResponseStream<A> out);
}
