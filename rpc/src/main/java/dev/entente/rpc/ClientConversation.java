package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The caller's end of a bidirectional call.
final class ClientConversation<Q, A> implements BidiCall<Q, A>, ResponseListener<A> {
  private final Inbox<A> inbox;
  private @Nullable ClientCall<Q, A> call;

  ClientConversation(Vertx vertx) {
    this.inbox = new Inbox<>(vertx, () -> call().pause(), () -> call().resume());
  }

  /// Set once, before the call starts.
  void over(ClientCall<Q, A> call) {
    this.call = call;
  }

  private ClientCall<Q, A> call() {
    return Objects.requireNonNull(call);
  }

  @Override
  public Future<Optional<A>> next(Duration limit) {
    return inbox.next(limit);
  }

  @Override
  public void send(Q message) {
    call().send(message);
  }

  @Override
  public void finish() {
    call().finish();
  }

  @Override
  public void cancel() {
    call().cancel();
  }

  @Override
  public void message(A message) {
    inbox.put(message);
  }

  @Override
  public void end(RpcStatus status) {
    if (status.isOk()) {
      inbox.finish();
    } else {
      inbox.failAfterRead(status.asException());
    }
  }
}
