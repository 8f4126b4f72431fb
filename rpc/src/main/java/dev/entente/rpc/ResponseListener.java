package dev.entente.rpc;

/// Follows a stream of answers. Called on the client's event loop, in order.
public interface ResponseListener<A> {
  /// One more answer.
  void message(A message);

  /// The stream is over; nothing follows. A lost connection is Unavailable.
  void end(RpcStatus status);
}
