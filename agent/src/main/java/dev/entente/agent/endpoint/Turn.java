package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.rpc.RpcStatus;

/// What a stream does about an update.
sealed interface Turn<A extends MessageLite> {
  /// Send this message, unless it equals the last one.
  record Send<A extends MessageLite>(A message) implements Turn<A> {}

  /// Say nothing yet: something the peer waits for is not there.
  record Wait<A extends MessageLite>() implements Turn<A> {}

  /// Say nothing: the peer has been told all there is to tell it.
  record Settled<A extends MessageLite>() implements Turn<A> {}

  /// End the stream.
  record End<A extends MessageLite>(RpcStatus status) implements Turn<A> {}
}
