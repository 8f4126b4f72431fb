package dev.entente.cli;

import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Hands the answers of a stream to a thread that waits for them.
final class Follower<A> implements ResponseListener<A> {
  /// What a stream brings.
  sealed interface Event<A> {}

  /// One answer.
  record Message<A>(A answer) implements Event<A> {}

  /// Nothing more.
  record End<A>(RpcStatus status) implements Event<A> {}

  private final LinkedBlockingQueue<Event<A>> events = new LinkedBlockingQueue<>();
  private final Calls.Peer peer;

  Follower(Calls.Peer peer) {
    this.peer = peer;
  }

  @Override
  public void message(A message) {
    events.add(new Message<>(message));
  }

  @Override
  public void end(RpcStatus status) {
    events.add(new End<>(status));
  }

  /// The first answer, or a failure if none comes within `timeout`.
  A first(Duration timeout) {
    try {
      var event = events.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw Refusals.of(peer, RpcStatus.of(GrpcStatus.DEADLINE_EXCEEDED, "it took too long"));
      }
      return answer(event);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// The first identity a Workload API tells of; one that tells of none, which the standard does
  /// not allow, is a failure.
  static X509SVID firstSvid(Follower<X509SVIDResponse> follower, Duration timeout) {
    var answer = follower.first(timeout);
    if (answer.getSvidsCount() == 0) {
      throw Failure.failed(
          "the Workload API told of no identity", "its answer holds no X.509-SVID");
    }
    return answer.getSvids(0);
  }

  /// The next answer or the end, however long it takes.
  Event<A> nextEvent() {
    try {
      return events.take();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private A answer(Event<A> event) {
    return switch (event) {
      case Message<A>(var answer) -> answer;
      case End<A>(var status) -> throw Refusals.of(peer, status);
    };
  }

  private static Failure interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return Failure.failed(
        "interrupted while waiting for an answer", String.valueOf(e.getMessage()));
  }
}
