package dev.entente.bench;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import io.vertx.core.Future;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;

/// Keeps a number of calls under way on one connection: each answer sends the next request, so that
/// the broker is never idle and never flooded.
final class ClosedLoop<Q, A> implements AutoCloseable {
  private final RpcClient client;
  private final Kind<Q, A> kind;
  private final Tally tally;
  private final AtomicInteger next = new AtomicInteger();
  private volatile boolean ended;

  /// What is asked.
  ///
  /// @param requests made beforehand, sent in turn
  /// @param operations how many one request asks for
  /// @param done how many of them an answer has done
  record Kind<Q, A>(
      ServiceMethod<A, Q> method,
      List<Q> requests,
      int operations,
      ToIntFunction<A> done,
      CallOptions options) {
    static final Duration LIMIT = Duration.ofSeconds(30);

    Kind(ServiceMethod<A, Q> method, List<Q> requests, int operations, ToIntFunction<A> done) {
      this(method, requests, operations, done, CallOptions.within(LIMIT));
    }

    /// Makes the call of that turn, and books its answer; fails as the call does.
    Future<Void> ask(RpcClient client, int turn, Tally tally) {
      var request = requests.get(Math.floorMod(turn, requests.size()));
      var began = System.nanoTime();
      return client
          .unary(method, request, options)
          .map(answer -> {
            int count = done.applyAsInt(answer);
            tally.answered(count, operations - count, System.nanoTime() - began);
            return null;
          });
    }
  }

  ClosedLoop(RpcClient client, Kind<Q, A> kind, Tally tally) {
    this.client = client;
    this.kind = kind;
    this.tally = tally;
  }

  /// Starts with `inFlight` calls.
  ClosedLoop<Q, A> start(int inFlight) {
    for (var i = 0; i < inFlight; i++) {
      ask();
    }
    return this;
  }

  private void ask() {
    if (ended) {
      return;
    }
    kind.ask(client, next.getAndIncrement(), tally).onSuccess(_ -> ask()).onFailure(this::giveUp);
  }

  /// A call that failed is a fault of the measurement: what follows would not count.
  private void giveUp(Throwable cause) {
    if (!ended) {
      tally.failed(cause);
    }
  }

  /// Sends nothing more.
  @Override
  public void close() {
    ended = true;
  }
}
