package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.StreamEnd;
import java.util.function.Consumer;

/// A stream whose conversation learns what really goes out, and adds to it what only then is known.
final class Outgoing<A extends MessageLite> implements ResponseStream<A> {
  private final ResponseStream<A> out;
  private final SecretConversation<?, A> conversation;

  Outgoing(ResponseStream<A> out, SecretConversation<?, A> conversation) {
    this.out = out;
    this.conversation = conversation;
  }

  @Override
  public boolean send(A message) {
    return out.send(conversation.sending(message));
  }

  @Override
  public void onDrain(Runnable hook) {
    out.onDrain(hook);
  }

  @Override
  public void onClose(Consumer<StreamEnd> hook) {
    out.onClose(hook);
  }

  @Override
  public void end() {
    out.end();
  }

  @Override
  public void fail(RpcStatus status) {
    out.fail(status);
  }

  @Override
  public boolean isClosed() {
    return out.isClosed();
  }
}
