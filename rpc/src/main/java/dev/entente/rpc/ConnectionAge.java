package dev.entente.rpc;

import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// Asks old connections to go.
///
/// 1. At its age, give or take a fifth, a connection gets a GOAWAY that names no stream, so that
///    calls under way to us are still served.
/// 2. A second later no more can come: it closes as soon as its calls have ended.
/// 3. Streams left at the end of the grace are ended with Unavailable, and it is closed.
final class ConnectionAge {
  static final Duration GRACE = Duration.ofSeconds(10);

  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final double SPREAD = 0.2;
  private static final long NO_ERROR = 0;

  private final Vertx vertx;
  private final Duration age;

  ConnectionAge(Vertx vertx, Duration age) {
    this.vertx = vertx;
    this.age = age;
  }

  void watch(Connection connection) {
    double factor = 1 + SPREAD * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    later(connection, Duration.ofMillis((long) (age.toMillis() * factor)), () -> warn(connection));
  }

  private void warn(Connection connection) {
    connection.http().goAway(NO_ERROR, Integer.MAX_VALUE);
    later(connection, SETTLE, () -> settle(connection));
  }

  private void settle(Connection connection) {
    connection.http().shutdown(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    later(
        connection,
        GRACE.minus(SETTLE),
        () ->
            connection.failStreams(
                RpcStatus.of(GrpcStatus.UNAVAILABLE, "connection has reached its age")));
  }

  private void later(Connection connection, Duration wait, Runnable step) {
    long timer = vertx.setTimer(Math.max(1, wait.toMillis()), _ -> step.run());
    connection.onClose(() -> vertx.cancelTimer(timer));
  }
}
