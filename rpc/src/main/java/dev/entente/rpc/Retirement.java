package dev.entente.rpc;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Asks a connection to go, so that no call is lost.
///
/// 1. It gets a GOAWAY that names no stream, so that calls under way to us are still served.
/// 2. A second later no more can come: it closes as soon as its calls have ended.
/// 3. Streams left at the end of the grace are ended with a status, and it is closed.
final class Retirement {
  static final Duration GRACE = Duration.ofSeconds(10);

  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final long NO_ERROR = 0;

  private final Vertx vertx;

  Retirement(Vertx vertx) {
    this.vertx = vertx;
  }

  /// Begins; what is left after the grace ends with `why`. Once for each connection.
  void begin(Connection connection, RpcStatus why) {
    if (connection.retire()) {
      connection.http().goAway(NO_ERROR, Integer.MAX_VALUE);
      later(connection, SETTLE, () -> settle(connection, why));
    }
  }

  private void settle(Connection connection, RpcStatus why) {
    connection.http().shutdown(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    later(connection, GRACE.minus(SETTLE), () -> connection.failStreams(why));
  }

  /// Runs `step` after `wait`, unless the connection has closed by then.
  void later(Connection connection, Duration wait, Runnable step) {
    long timer = vertx.setTimer(Math.max(1, wait.toMillis()), _ -> step.run());
    connection.onClose(() -> vertx.cancelTimer(timer));
  }
}
