package dev.entente.systemtests;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// What was heard of a stream. Written by the client's event loop, read by one thread.
final class Heard<A> implements ResponseListener<A> {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// Empty for the end.
  private final BlockingDeque<Optional<A>> messages = new LinkedBlockingDeque<>();

  private final BlockingQueue<RpcStatus> ends = new LinkedBlockingQueue<>();

  /// Opens a stream that stays until its client is closed.
  static <Q, A> Heard<A> open(
      RpcClient client, ServiceMethod<A, Q> method, Q request, CallOptions options) {
    var heard = new Heard<A>();
    var _ = client.serverStream(method, request, options, heard);
    return heard;
  }

  @Override
  public void message(A message) {
    messages.add(Optional.of(message));
  }

  @Override
  public void end(RpcStatus status) {
    ends.add(status);
    messages.add(Optional.empty());
  }

  /// The next message, or empty if the stream has ended.
  Optional<A> nextOrEnd() {
    return take("a message or the end of the stream", messages);
  }

  /// Whether a message comes next, which is left for later.
  boolean goesOn() {
    var next = nextOrEnd();
    messages.addFirst(next);
    return next.isPresent();
  }

  A next() {
    return next(_ -> true);
  }

  /// The first message from here on that is as wanted.
  A next(Predicate<A> wanted) {
    while (true) {
      var message = nextOrEnd().orElseThrow(() -> new AssertionError("ended: " + ends));
      if (wanted.test(message)) {
        return message;
      }
    }
  }

  RpcStatus end() {
    return take("the end of the stream", ends);
  }

  private static <T> T take(String what, BlockingQueue<T> from) {
    try {
      var taken = from.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      if (taken == null) {
        throw new AssertionError("not within " + LIMIT + ": " + what);
      }
      return taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + what, e);
    }
  }
}
