package dev.entente.runtime;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;

/// Ends a TLS connection whose records keep us busy and say nothing.
///
/// A peer may ask for new keys whenever it likes (TLS 1.3, KeyUpdate; TLS 1.2, another handshake),
/// and send records without content. JSSE sets no limit: a request of 27 bytes costs a derivation
/// of keys and an answer, which stays in memory while the peer does not read, and none of it comes
/// to those who count frames ([FrameWatch]). Peers that mean well change keys after gigabytes, if
/// ever. So records are counted as they come, and those are taken off again that said something.
///
/// Belongs to the connection's event loop.
final class RecordWatch extends ChannelInboundHandlerAdapter {
  /// In ten seconds.
  static final int SILENT_MAX = 100;

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  /// A kind, a version, and two bytes of length (RFC 8446, 5.1).
  private static final int HEADER_BYTES = 5;

  // Where in a record we are.
  private int headerLeft = HEADER_BYTES;
  private int bodyBytes;
  private int bodyLeft;

  /// Records that came, but for those in which something was; the last one may be incomplete.
  private int silent;

  private long windowBegan;
  private boolean judging;
  private boolean ended;
  private Runnable cutOff = () -> {};

  /// Begins to judge what this connection sends, now that its handshake is done. It has counted
  /// since the first byte if it stands in the channel; else nothing happens.
  ///
  /// @param cutOff is run when the connection is ended
  static void judge(HttpConnection connection, Runnable cutOff) {
    if (connection instanceof ConnectionBase base) {
      var pipeline = base.channel().pipeline();
      var watch = pipeline.get(RecordWatch.class);
      var tls = pipeline.context(SslHandler.class);
      if (watch != null && tls != null) {
        pipeline.addAfter(tls.name(), null, watch.new Heard());
        watch.begin(cutOff);
      }
    }
  }

  private void begin(Runnable whenEnded) {
    cutOff = whenEnded;
    silent = 0;
    windowBegan = System.nanoTime();
    judging = true;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (ended) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof ByteBuf bytes) {
      count(bytes);
    }
    // Whatever is whole is deciphered and heard of when this returns.
    context.fireChannelRead(message);
    if (judging && isFlood()) {
      ended = true;
      cutOff.run();
      var _ = context.close();
    }
  }

  private void count(ByteBuf bytes) {
    for (int at = bytes.readerIndex(); at < bytes.writerIndex(); ) {
      if (bodyLeft > 0) {
        int here = Math.min(bodyLeft, bytes.writerIndex() - at);
        bodyLeft -= here;
        at += here;
        continue;
      }
      headerLeft--;
      if (headerLeft == 1) {
        bodyBytes = bytes.getUnsignedByte(at) << 8;
      } else if (headerLeft == 0) {
        bodyLeft = bodyBytes | bytes.getUnsignedByte(at);
        headerLeft = HEADER_BYTES;
        silent++;
      }
      at++;
    }
  }

  private boolean isFlood() {
    if (silent <= SILENT_MAX) {
      return false;
    }
    long now = System.nanoTime();
    boolean soon = now - windowBegan < WINDOW_NANOS;
    windowBegan = now;
    silent = 0;
    return soon;
  }

  /// Stands behind TLS: a record with content is one message there.
  private final class Heard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      silent = Math.max(0, silent - 1);
      context.fireChannelRead(message);
    }
  }
}
