package dev.entente.rpc;

import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/// Sends in one go what several calls of a connection wrote at the same moment.
///
/// Vert.x flushes after the headers, the message and the trailers of an answer, and each flush is a
/// TLS record and a system call: measured, a third of what a short call cost. Here a flush waits
/// until the event loop has run what was ready when it was asked for, so that nothing waits for
/// something that has not happened yet.
final class Flushes {
  private Flushes() {}

  /// Gathers the flushes of a connection; called once, when it opens.
  static void gather(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channel()
          .pipeline()
          .addLast(
              new FlushConsolidationHandler(
                  FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
    }
  }
}
