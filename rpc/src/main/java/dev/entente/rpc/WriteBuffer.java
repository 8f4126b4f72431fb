package dev.entente.rpc;

import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/// Keeps a connection's channel writable while much is on its way to the peer.
///
/// Vert.x 5.0.7 flips a flag of each stream whenever Netty reports that the stream's writability
/// changed. If the channel's buffer (64 KiB) fills while streams are opened and answered, flag and
/// truth come apart, and such a stream never sends a byte again: seen with 500 calls at once on one
/// Unix socket, half of which got no answer. With more room than any peer of ours lets us have in
/// flight the channel stays writable, and HTTP/2's windows alone slow a stream down.
final class WriteBuffer {
  /// Twice the connection window of our own client.
  private static final int HIGH_BYTES = 16 << 20;

  private static final int LOW_BYTES = HIGH_BYTES / 2;

  private WriteBuffer() {}

  static void widen(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      var room = new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES);
      base.channel().config().setWriteBufferWaterMark(room);
    }
  }
}
