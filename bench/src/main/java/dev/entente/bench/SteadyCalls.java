package dev.entente.bench;

import dev.entente.rpc.RpcClient;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// Makes a call each so many milliseconds, whether or not the one before has been answered: a slow
/// answer is counted as slow and does not keep later ones from being slow too.
final class SteadyCalls<Q, A> implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final RpcClient client;
  private final ClosedLoop.Kind<Q, A> kind;
  private final Duration every;
  private final Tally tally;
  private final AtomicInteger next = new AtomicInteger();

  /// Set by [#start].
  private volatile long timer = -1;

  SteadyCalls(
      Vertx vertx, RpcClient client, ClosedLoop.Kind<Q, A> kind, Duration every, Tally tally) {
    this.vertx = vertx;
    this.client = client;
    this.kind = kind;
    this.every = every;
    this.tally = tally;
  }

  SteadyCalls<Q, A> start() {
    timer = vertx.setPeriodic(every.toMillis(), _ -> ask());
    return this;
  }

  private void ask() {
    var request =
        kind.requests().get(Math.floorMod(next.getAndIncrement(), kind.requests().size()));
    var began = System.nanoTime();
    client
        .unary(kind.method(), request, LIMIT)
        .onSuccess(answer -> {
          var done = kind.done().applyAsInt(answer);
          tally.answered(done, kind.operations() - done, System.nanoTime() - began);
        })
        .onFailure(tally::failed);
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
