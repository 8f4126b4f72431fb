package dev.entente.runtime;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Ends an HTTP/2 connection that keeps us busy without asking anything.
///
/// SETTINGS and PING have to be answered, and thousands of them fit into one read, as of frames
/// that move a window or answer what nobody asked: the calls of all others on that event loop wait
/// meanwhile. Netty limits only those whose answers are not sent.
///
/// One block of header fields may be spread over any number of CONTINUATION frames, and Netty 4.2.9
/// counts only what is in them: it reads as many empty ones as a peer sends (CVE-2026-33871), and
/// nobody hears of them. So bytes are counted as they come, and forgotten whenever they have made a
/// frame that somebody hears of.
///
/// What answers a stream takes some kilobytes until it is written, and who reads nothing keeps it
/// from being written. So a stranger may have few streams on a connection, and all of one listener
/// have only so many together: one too many is refused before anything is done for it.
///
/// Whoever is cut off comes back, so it also says so when a connection was ended for what came.
///
/// Belongs to the connection's event loop.
final class FrameWatch extends ChannelDuplexHandler {
  /// Twice the largest window of a connection: what was on its way to a stream that we reset is not
  /// heard of either.
  private static final int UNHEARD_BYTES_MAX = 8 << 20;

  /// On a Unix socket little is under way, and a million bytes are a hundred thousand frames.
  private static final int LOCAL_UNHEARD_BYTES_MAX = 1 << 20;

  /// Who shows no certificate has little to send, and may come back for the price of a handshake:
  /// twice the window of a stream.
  private static final int STRANGERS_UNHEARD_BYTES_MAX = 128 << 10;

  /// Of calls that were not answered yet, where gRPC is spoken: its clients reset others as well.
  /// Netty ends whoever sends four times as many of any in thirty seconds.
  private static final int STRANGERS_RESETS_MAX = 50;

  /// A node that attests has one or two.
  private static final int STRANGERS_STREAMS_MAX = 100;

  /// A peer sends its settings once or twice, and nobody prioritises any more.
  private static final int IDLE_FRAMES_MAX = 200;

  /// PINGs, and WINDOW_UPDATEs, that were not earned.
  private static final int UNEARNED_MAX = 500;

  /// Of each, by a call or a piece of an answer. gRPC clients measure the line with a PING at a
  /// time: Go's sends one after each answer, however short, and after each piece of a long one.
  /// Whoever reads an answer moves the stream's window and the connection's, and some move them
  /// before as well.
  private static final int EARNED = 4;

  /// What we write is a piece of an answer if it is longer than the answer to a PING.
  private static final int PONG_BYTES = 17;

  private final ChannelHandlerContext http2Context;
  private final Http2ConnectionHandler http2;

  /// As the listener has it for those that it knows.
  private final int streamsMax;

  private final FrameBudget idleFrames;
  private final FrameBudget pings;
  private final FrameBudget windowUpdates;
  private final FrameBudget strangersResets;

  /// gRPC is spoken there; elsewhere published documents are read.
  private final boolean isRpc;

  /// Comes over the network, and has proved nothing.
  private boolean isStranger;

  private int unheardBytesMax;
  private int unheardBytes;
  private boolean ended;

  private FrameWatch(
      HttpServerConnection connection,
      Http2ConnectionHandler http2,
      boolean isRpc,
      LongSupplier nanoTime) {
    this.isRpc = isRpc;
    this.http2Context = connection.channelHandlerContext();
    this.http2 = http2;
    this.streamsMax =
        (int) Math.min(connection.settings().getMaxConcurrentStreams(), Integer.MAX_VALUE);
    this.idleFrames = new FrameBudget(IDLE_FRAMES_MAX, nanoTime);
    this.pings = new FrameBudget(UNEARNED_MAX, nanoTime);
    this.windowUpdates = new FrameBudget(UNEARNED_MAX, nanoTime);
    this.strangersResets = new FrameBudget(STRANGERS_RESETS_MAX, nanoTime);
    this.isStranger = !(http2Context.channel() instanceof EpollDomainSocketChannel);
    this.unheardBytesMax = isStranger ? STRANGERS_UNHEARD_BYTES_MAX : LOCAL_UNHEARD_BYTES_MAX;
  }

  /// Watches a connection from now on, if it speaks HTTP/2: over the network, as that of a stranger
  /// until it is [#identified].
  ///
  /// @param isRpc whether gRPC is spoken there
  /// @param places gives each stream a place, and how to give it back; empty if there is none
  /// @param cutOff is told when the connection is ended for what came
  static void watch(
      HttpConnection connection,
      boolean isRpc,
      LongSupplier nanoTime,
      Supplier<Optional<Runnable>> places,
      Consumer<Restraint.Cause> cutOff) {
    if (connection instanceof HttpServerConnection server
        && server.channelHandlerContext().handler() instanceof Http2ConnectionHandler http2) {
      var context = server.channelHandlerContext();
      var watch = new FrameWatch(server, http2, isRpc, nanoTime);
      FrameTurns.before(context);
      context.pipeline().addBefore(context.name(), null, watch);
      var streams = new StreamPlaces(http2.connection().newKey(), places);
      http2.decoder().frameListener(watch.new Hearing(http2.decoder().frameListener(), streams));
      http2.connection().addListener(streams);
      http2.connection().addListener(new ConnectionEnding(cutOff));
      watch.boundStreams();
    }
  }

  /// Netty keeps to the limit that is sent only once the peer has acknowledged it, which one that
  /// means no good never does. A stream too many is refused, and may be tried again (RFC 9113
  /// §5.1.2), so that a peer which has not read the limit yet loses nothing.
  private void boundStreams() {
    var max = isStranger ? Math.min(streamsMax, STRANGERS_STREAMS_MAX) : streamsMax;
    http2.connection().remote().maxActiveStreams(max);
  }

  /// The watch over a connection, if there is one.
  static Optional<FrameWatch> of(HttpConnection connection) {
    return connection instanceof HttpServerConnection server
        ? Optional.ofNullable(server.channelHandlerContext().pipeline().get(FrameWatch.class))
        : Optional.empty();
  }

  /// The peer has shown a certificate, so that the next connection is known for its own.
  void identified() {
    if (isStranger) {
      isStranger = false;
      unheardBytesMax = UNHEARD_BYTES_MAX;
      boundStreams();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (ended) {
      // It closes once the GOAWAY is written, which a peer that does not read can put off.
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof ByteBuf bytes) {
      unheardBytes += bytes.readableBytes();
    }
    context.fireChannelRead(message);
    if (unheardBytes > unheardBytesMax) {
      ended = true;
      http2.onError(
          http2Context,
          false,
          Http2Exception.connectionError(
              Http2Error.ENHANCE_YOUR_CALM, "%d bytes made no frame", unheardBytes));
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes && bytes.readableBytes() > PONG_BYTES) {
      earn();
    }
    var _ = context.write(message, promise);
  }

  /// Something was asked, or answered.
  private void earn() {
    pings.earn(EARNED);
    windowUpdates.earn(EARNED);
  }

  private final class Hearing extends Http2FrameListenerDecorator {
    private final StreamPlaces streams;

    Hearing(Http2FrameListener listener, StreamPlaces streams) {
      super(listener);
      this.streams = streams;
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean end)
        throws Http2Exception {
      unheardBytes = 0;
      return super.onDataRead(context, stream, data, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      unheardBytes = 0;
      streams.begin(stream);
      earn();
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
      unheardBytes = 0;
      streams.begin(stream);
      earn();
      super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, end);
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext context, int stream, int dependency, short weight, boolean exclusive)
        throws Http2Exception {
      unheardBytes = 0;
      idleFrames.spend();
      super.onPriorityRead(context, stream, dependency, weight, exclusive);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int stream, long error)
        throws Http2Exception {
      unheardBytes = 0;
      if (isStranger && (!isRpc || !isAnswered(stream))) {
        strangersResets.spend();
      }
      super.onRstStreamRead(context, stream, error);
    }

    /// gRPC clients reset a call that was answered before they had said all: that is no flood, as
    /// each waited for an answer.
    private boolean isAnswered(int stream) {
      var known = http2.connection().stream(stream);
      return known != null && !known.state().localSideOpen();
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext context) throws Http2Exception {
      unheardBytes = 0;
      idleFrames.spend();
      // What is acknowledged holds for those that are known.
      boundStreams();
      super.onSettingsAckRead(context);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
        throws Http2Exception {
      unheardBytes = 0;
      idleFrames.spend();
      super.onSettingsRead(context, settings);
    }

    @Override
    public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
      unheardBytes = 0;
      pings.spend();
      super.onPingRead(context, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
      unheardBytes = 0;
      pings.spend();
      super.onPingAckRead(context, data);
    }

    @Override
    public void onGoAwayRead(
        ChannelHandlerContext context, int lastStream, long error, ByteBuf debug)
        throws Http2Exception {
      unheardBytes = 0;
      idleFrames.spend();
      super.onGoAwayRead(context, lastStream, error, debug);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext context, int stream, int increment)
        throws Http2Exception {
      unheardBytes = 0;
      windowUpdates.spend();
      super.onWindowUpdateRead(context, stream, increment);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext context, byte type, int stream, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      unheardBytes = 0;
      idleFrames.spend();
      super.onUnknownFrame(context, type, stream, flags, payload);
    }
  }
}
