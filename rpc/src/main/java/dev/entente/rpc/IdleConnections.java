package dev.entente.rpc;

import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.Vertx;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;

/// Asks connections to go on which nothing was asked for a while.
///
/// All connections of a listener are looked at twice in that time; calls pay nothing for it. One
/// with an open stream, however silent, is in use.
final class IdleConnections {
  private static final RpcStatus UNUSED =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "connection was not used");

  private final Vertx vertx;
  private final Connections connections;
  private final Retirement retirement;
  private final long timer;

  /// Begins to look.
  ///
  /// @param idleAfter how long a connection may be without use, give or take a half
  IdleConnections(Vertx vertx, Connections connections, Retirement retirement, Duration idleAfter) {
    this.vertx = vertx;
    this.connections = connections;
    this.retirement = retirement;
    this.timer = vertx.setPeriodic(Math.max(1, idleAfter.toMillis() / 2), _ -> look());
  }

  void stop() {
    vertx.cancelTimer(timer);
  }

  private void look() {
    for (Connection connection : connections.all()) {
      if (connection.http() instanceof HttpServerConnection server) {
        var channel = server.channelHandlerContext();
        channel
            .executor()
            .execute(() -> {
              if (channel.handler() instanceof Http2ConnectionHandler handler) {
                look(connection, handler);
              } else {
                // No HTTP/2, so no call either: it could only be told that.
                connection.http().close();
              }
            });
      }
    }
  }

  private void look(Connection connection, Http2ConnectionHandler handler) {
    var streams = handler.connection();
    if (connection.unusedFor(streams.numActiveStreams(), streams.remote().lastStreamCreated())
        >= 2) {
      retirement.begin(connection, UNUSED);
    }
  }
}
