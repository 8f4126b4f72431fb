package dev.entente.rpc;

/// A stream of answers under way. Any thread may call.
public interface ClientStream {
  /// Ends the call; the listener learns of it as Cancelled.
  void cancel();
}
