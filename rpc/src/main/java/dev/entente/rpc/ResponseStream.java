package dev.entente.rpc;

import java.util.function.Consumer;

/// Where a handler sends its answers. Any thread may call; messages keep the order of one caller.
public interface ResponseStream<A> {
  /// Sends a message, or drops it if the stream has ended.
  ///
  /// @return whether the peer reads more slowly than we write. Then keep only the newest state, and
  ///   send it when [#onDrain] fires: memory a stream stays bounded.
  boolean send(A message);

  /// Runs `hook` on the event loop each time the peer has caught up. The last hook set wins.
  void onDrain(Runnable hook);

  /// Runs `hook` on the event loop once, when the stream has ended for whatever reason.
  void onClose(Consumer<StreamEnd> hook);

  /// Ends the call well.
  void end();

  /// Ends the call with a status other than OK.
  void fail(RpcStatus status);

  /// Whether the stream has ended.
  boolean isClosed();
}
