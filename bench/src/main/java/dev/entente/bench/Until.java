package dev.entente.bench;

import dev.entente.rpc.RpcException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/// Asks again and again, as a client does of a server that is not up yet.
final class Until {
  private static final Duration AGAIN = Duration.ofMillis(5);

  private Until() {}

  /// The first answer that is no failure.
  ///
  /// @throws RpcException the last failure, after [Answers#LIMIT]
  static <T> T answered(Supplier<Future<T>> question) {
    var until = System.nanoTime() + Answers.LIMIT.toNanos();
    while (true) {
      try {
        return Answers.of(question.get());
      } catch (RpcException e) {
        if (System.nanoTime() > until) {
          throw e;
        }
        Pause.of(AGAIN);
      }
    }
  }
}
