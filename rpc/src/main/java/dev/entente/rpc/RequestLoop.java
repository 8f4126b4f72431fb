package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/// Answers the requests of a stream one after the other, until the peer has finished.
///
/// A conversation may have any number of requests, so one does not lie within the answer of
/// another: neither the stack nor what is kept grows with their number. Belongs to the call's
/// context.
///
/// @param <Q> what the peer sends
public final class RequestLoop<Q> {
  private final RequestStream<Q> requests;
  private final Duration idleMax;
  private final Function<Q, Future<Void>> answer;
  private final Promise<Void> ended = Promise.promise();

  /// Whether [#turn()] is on the stack; whoever comes back to it then leaves the work to it.
  private boolean turning;

  private boolean again;

  private RequestLoop(
      RequestStream<Q> requests, Duration idleMax, Function<Q, Future<Void>> answer) {
    this.requests = requests;
    this.idleMax = idleMax;
    this.answer = answer;
  }

  /// Answers each request; the next is read once the answer's future has succeeded. Succeeds when
  /// the peer has finished, and fails with whatever fails first.
  ///
  /// @param idleMax how long the peer may think between two requests
  public static <Q> Future<Void> run(
      RequestStream<Q> requests, Duration idleMax, Function<Q, Future<Void>> answer) {
    var loop = new RequestLoop<>(requests, idleMax, answer);
    loop.turn();
    return loop.ended.future();
  }

  private void turn() {
    if (turning) {
      again = true;
      return;
    }
    turning = true;
    do {
      again = false;
      requests.next(idleMax).compose(this::answered).onComplete(this::goOn, ended::tryFail);
    } while (again);
    turning = false;
  }

  /// Whether there was a request.
  private Future<Boolean> answered(Optional<Q> request) {
    return request.isEmpty()
        ? Future.succeededFuture(false)
        : answer.apply(request.get()).map(true);
  }

  private void goOn(boolean more) {
    if (more) {
      turn();
    } else {
      ended.tryComplete();
    }
  }
}
