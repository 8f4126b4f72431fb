package dev.entente.rpc;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import java.util.function.BooleanSupplier;

/// Notices a peer that vanished without a word, so that its streams end and are opened elsewhere.
///
/// A PING each half minute; no answer within ten seconds closes the connection. grpc-go's servers
/// allow one each ten seconds while streams are open, and close peers that ask more often.
final class KeepAlive {
  private static final long PERIOD_MILLIS = 30_000;
  private static final long ANSWER_MILLIS = 10_000;
  private static final int PING_BYTES = 8;

  private KeepAlive() {}

  static void watch(Vertx vertx, HttpConnection connection, BooleanSupplier open) {
    vertx.setTimer(
        PERIOD_MILLIS,
        _ -> {
          if (open.getAsBoolean()) {
            ping(vertx, connection, open);
          }
        });
  }

  private static void ping(Vertx vertx, HttpConnection connection, BooleanSupplier open) {
    long silence = vertx.setTimer(ANSWER_MILLIS, _ -> connection.close());
    connection
        .ping(Buffer.buffer(new byte[PING_BYTES]))
        .onComplete(_ -> {
          vertx.cancelTimer(silence);
          watch(vertx, connection, open);
        });
  }
}
