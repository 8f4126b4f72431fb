package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.StreamEnd;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A stream whose peer reads as slowly as a test says.
final class RecordedStream<A> implements ResponseStream<A> {
  final List<A> sent = new CopyOnWriteArrayList<>();

  private final BlockingQueue<A> unread = new LinkedBlockingQueue<>();
  private final BlockingQueue<RpcStatus> ends = new LinkedBlockingQueue<>();
  private volatile boolean isSlow;
  private volatile Runnable drain = () -> {};
  private volatile Consumer<StreamEnd> close = _ -> {};

  void setSlow(boolean slow) {
    isSlow = slow;
  }

  /// Call on the stream's event loop.
  void drain() {
    isSlow = false;
    drain.run();
  }

  A next() throws InterruptedException {
    var message = unread.poll(30, TimeUnit.SECONDS);
    assertThat(message).as("a message, and not the end %s", ends).isNotNull();
    return message;
  }

  RpcStatus awaitEnd() throws InterruptedException {
    var status = ends.poll(30, TimeUnit.SECONDS);
    assertThat(status).as("the end of the stream").isNotNull();
    return status;
  }

  @Override
  public boolean send(A message) {
    sent.add(message);
    unread.add(message);
    return isSlow;
  }

  @Override
  public void onDrain(Runnable hook) {
    drain = hook;
  }

  @Override
  public void onClose(Consumer<StreamEnd> hook) {
    close = hook;
  }

  @Override
  public void end() {
    ends.add(RpcStatus.OK);
    close.accept(StreamEnd.OURS);
  }

  @Override
  public void fail(RpcStatus status) {
    ends.add(status);
    close.accept(StreamEnd.OURS);
  }

  @Override
  public boolean isClosed() {
    return !ends.isEmpty();
  }
}
