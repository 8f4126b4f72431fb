package dev.entente.bench;

import dev.entente.rpc.RpcClient;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// Makes a call each so many milliseconds, whether or not the one before has been answered: a slow
/// answer is counted as slow and does not keep later ones from being slow too.
final class SteadyCalls<Q, A> implements AutoCloseable {
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
    kind.ask(client, next.getAndIncrement(), tally).onFailure(tally::failed);
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
