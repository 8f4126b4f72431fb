package dev.entente.rpc;

/// Answers one request with a stream. Runs on the event loop and returns at once.
@FunctionalInterface
public interface ServerStreamHandler<Q, A> {
  /// Begins answering. The stream lives until it is ended through `out`, or by the peer.
  void handle(CallContext call, Q request, ResponseStream<A> out);
}
