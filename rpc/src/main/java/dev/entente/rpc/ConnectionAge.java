package dev.entente.rpc;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// Asks old connections to go: at their age, give or take a fifth.
final class ConnectionAge {
  private static final double SPREAD = 0.2;
  private static final RpcStatus REACHED =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "connection has reached its age");

  private final Retirement retirement;
  private final Duration age;

  ConnectionAge(Retirement retirement, Duration age) {
    this.retirement = retirement;
    this.age = age;
  }

  void watch(Connection connection) {
    double factor = 1 + SPREAD * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    retirement.later(
        connection,
        Duration.ofMillis((long) (age.toMillis() * factor)),
        () -> retirement.begin(connection, REACHED));
  }
}
