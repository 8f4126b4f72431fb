package dev.entente.rpc;

/// A conversation under way. Any thread may call; read with [#next], which is empty once the server
/// has ended the call well and fails with its [RpcException] otherwise.
public interface BidiCall<Q, A> extends RequestStream<A>, ClientStream {
  /// Sends a message, or drops it if the call has ended.
  void send(Q message);

  /// Says that no more will be sent.
  void finish();
}
