package dev.entente.agent.endpoint;

import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.StreamEnd;
import io.vertx.core.Promise;
import java.util.function.Consumer;

/// A stream that is over with its first message, for a call that has one answer.
///
/// Belongs to the event loop of the call.
final class OnlyAnswer<A> implements ResponseStream<A> {
  private final Promise<A> answer;
  private Consumer<StreamEnd> closeHook = _ -> {};

  OnlyAnswer(Promise<A> answer) {
    this.answer = answer;
  }

  @Override
  public boolean send(A message) {
    if (answer.tryComplete(message)) {
      closeHook.accept(StreamEnd.OURS);
    }
    return false;
  }

  @Override
  public void onDrain(Runnable hook) {
    // Never full, so never drained.
  }

  @Override
  public void onClose(Consumer<StreamEnd> hook) {
    closeHook = hook;
  }

  @Override
  public void end() {
    fail(WorkloadStatuses.NOT_SIGNED);
  }

  @Override
  public void fail(RpcStatus status) {
    if (answer.tryFail(status.asException())) {
      closeHook.accept(StreamEnd.OURS);
    }
  }

  @Override
  public boolean isClosed() {
    return answer.future().isComplete();
  }
}
