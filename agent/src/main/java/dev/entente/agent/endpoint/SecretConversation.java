package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.rpc.RpcException;

/// One of the two ways to converse about secrets, with the state of one stream.
///
/// All calls come on the stream's event loop.
interface SecretConversation<Q, A extends MessageLite> {
  /// Takes a request.
  ///
  /// @return whether it asks for an answer
  /// @throws RpcException if it is refused, which ends the stream
  boolean take(Q request);

  /// What there is to say now that this is granted. Changes nothing but counters: what is answered
  /// may still be dropped.
  Turn<A> answer(GrantedSecrets granted);

  /// Remembers that `message` goes out, and answers it as it is to go out.
  A sending(A message);
}
