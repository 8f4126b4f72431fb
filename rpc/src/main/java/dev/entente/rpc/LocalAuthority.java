package dev.entente.rpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/// Lets clients in that send a path as `:authority`.
///
/// grpc-java on a Unix socket sends the socket's path ("/run/x.sock"), which Vert.x resets as
/// malformed. On a local socket the authority says nothing that the socket does not, so it becomes
/// "localhost".
final class LocalAuthority {
  private static final String LOCALHOST = "localhost";

  private LocalAuthority() {}

  /// Cures a connection before its first request is read.
  static void cure(HttpConnection connection) {
    if (connection instanceof HttpServerConnection server
        && server.channelHandlerContext().handler() instanceof Http2ConnectionHandler handler) {
      var decoder = handler.decoder();
      decoder.frameListener(new Curing(decoder.frameListener()));
    }
  }

  private static final class Curing extends Http2FrameListenerDecorator {
    Curing(Http2FrameListener listener) {
      super(listener);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      cure(headers);
      super.onHeadersRead(context, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end)
        throws Http2Exception {
      cure(headers);
      super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, end);
    }

    private static void cure(Http2Headers headers) {
      if (headers.authority() != null) {
        headers.authority(LOCALHOST);
      }
    }
  }
}
