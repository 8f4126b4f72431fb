package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Messages that have arrived and were not read yet.
///
/// The sender is paused while any wait here, so a peer cannot fill our memory. All fields are
/// guarded by this object; promises are completed outside of it.
final class Inbox<M> implements RequestStream<M> {
  private final Vertx vertx;
  private final Runnable pause;
  private final Runnable resume;
  private final ArrayDeque<M> waiting = new ArrayDeque<>();
  private @Nullable Promise<Optional<M>> reader;
  private @Nullable RpcException failure;
  private @Nullable RpcException failureAfterRead;
  private boolean finished;
  private boolean paused;

  Inbox(Vertx vertx, Runnable pause, Runnable resume) {
    this.vertx = vertx;
    this.pause = pause;
    this.resume = resume;
  }

  void put(M message) {
    Promise<Optional<M>> ready;
    synchronized (this) {
      ready = takeReader();
      if (ready == null) {
        waiting.add(message);
        paused = true;
      }
    }
    if (ready == null) {
      pause.run();
    } else {
      ready.tryComplete(Optional.of(message));
    }
  }

  /// The peer has finished sending.
  void finish() {
    Promise<Optional<M>> ready;
    synchronized (this) {
      finished = true;
      ready = takeReader();
    }
    if (ready != null) {
      ready.tryComplete(Optional.empty());
    }
  }

  /// The peer ended the call badly; what it sent before can still be read.
  void failAfterRead(RpcException why) {
    Promise<Optional<M>> ready;
    synchronized (this) {
      failureAfterRead = why;
      ready = takeReader();
    }
    if (ready != null) {
      ready.tryFail(why);
    }
  }

  /// The call has ended; what was not read is dropped.
  void fail(RpcException why) {
    Promise<Optional<M>> ready;
    synchronized (this) {
      failure = why;
      waiting.clear();
      ready = takeReader();
    }
    if (ready != null) {
      ready.tryFail(why);
    }
  }

  @Override
  public Future<Optional<M>> next(Duration limit) {
    Promise<Optional<M>> promise = Promise.promise();
    boolean drained = false;
    synchronized (this) {
      if (failure != null) {
        promise.fail(failure);
      } else if (!waiting.isEmpty()) {
        promise.complete(Optional.of(waiting.remove()));
        drained = paused && waiting.isEmpty();
        paused = paused && !drained;
      } else if (failureAfterRead != null) {
        promise.fail(failureAfterRead);
      } else if (finished) {
        promise.complete(Optional.empty());
      } else if (reader != null) {
        throw new IllegalStateException("a read of this stream is under way");
      } else {
        reader = promise;
      }
    }
    if (drained) {
      resume.run();
    }
    return promise.future().isComplete() ? promise.future() : limited(promise, limit);
  }

  private Future<Optional<M>> limited(Promise<Optional<M>> promise, Duration limit) {
    long timer = vertx.setTimer(Math.max(1, limit.toMillis()), _ -> expire(promise, limit));
    return promise.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  private void expire(Promise<Optional<M>> promise, Duration limit) {
    synchronized (this) {
      if (promise.equals(reader)) {
        reader = null;
      }
    }
    promise.tryFail(
        RpcException.of(GrpcStatus.DEADLINE_EXCEEDED, "no message came within " + limit));
  }

  private @Nullable Promise<Optional<M>> takeReader() {
    var taken = reader;
    reader = null;
    return taken;
  }
}
