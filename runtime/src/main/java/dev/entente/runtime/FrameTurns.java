package dev.entente.runtime;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Gives the frames of an HTTP/2 connection to whoever reads them, some at each turn of its event
/// loop, or not before a time.
///
/// What fits into one read may be hundreds of calls or thousands of empty frames, and the calls of
/// all others on that event loop would wait for the last of them. So others have their turn after
/// each [#FRAMES_MAX]. Frames are told apart by their length alone (RFC 9113 §4.1): a long one is
/// one as well, so that long messages take as many turns as they have frames, and what is malformed
/// goes on to those who say so.
///
/// Nothing more is read while something waits here.
///
/// Belongs to the connection's event loop.
final class FrameTurns extends ChannelDuplexHandler {
  /// Some five to eight calls, a tenth of a millisecond.
  static final int FRAMES_MAX = 16;

  private static final int HEADER_BYTES = 9;
  private static final int LENGTH_BYTES = 3;

  /// The first three bytes of the greeting: as a length, more than any frame may have here.
  private static final int GREETING = 'P' << 16 | 'R' << 8 | 'I';

  private static final int GREETING_BYTES = 24;

  private final ChannelHandlerContext http2;
  private final Deque<Object> waiting = new ArrayDeque<>();
  private boolean isNextTurnDue;
  private boolean held;
  private int holds;

  // Where in a frame we are.
  private int headerBytes;
  private int length;
  private int bodyLeft;

  /// That have begun in this turn.
  private int frames;

  private FrameTurns(ChannelHandlerContext http2) {
    this.http2 = http2;
  }

  /// From now on, frames come to `http2` in turns.
  static void before(ChannelHandlerContext http2) {
    http2.pipeline().addBefore(http2.name(), null, new FrameTurns(http2));
  }

  /// The turns of a connection, if it speaks HTTP/2.
  static Optional<FrameTurns> of(HttpConnection connection) {
    return connection instanceof HttpServerConnection server
        ? Optional.ofNullable(server.channelHandlerContext().pipeline().get(FrameTurns.class))
        : Optional.empty();
  }

  /// Gives nothing for that long, from now on; zero ends an earlier wait.
  void hold(Duration wait) {
    var mine = ++holds;
    held = wait.isPositive();
    if (held) {
      var _ = http2.executor().schedule(() -> endOf(mine), wait.toNanos(), TimeUnit.NANOSECONDS);
    }
    goOn();
  }

  private void endOf(int hold) {
    if (hold == holds) {
      hold(Duration.ZERO);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    waiting.add(message);
    if (!held && !isNextTurnDue) {
      give(context);
    }
    goOn();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!isNextTurnDue) {
      frames = 0;
    }
    context.fireChannelReadComplete();
  }

  /// Netty's HTTP/2 asks for more whether or not the channel reads by itself.
  @Override
  public void read(ChannelHandlerContext context) {
    if (!held && waiting.isEmpty()) {
      context.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
    context.fireChannelInactive();
  }

  private void give(ChannelHandlerContext context) {
    while (!held && frames < FRAMES_MAX && !waiting.isEmpty()) {
      var next = waiting.remove();
      if (next instanceof ByteBuf bytes) {
        var ours = bytesOfThisTurn(bytes);
        if (ours < bytes.readableBytes()) {
          next = bytes.readRetainedSlice(ours);
          waiting.addFirst(bytes);
        }
      }
      context.fireChannelRead(next);
    }
  }

  /// Reads on, or has the next turn. It is scheduled, since a task that is only executed comes
  /// before what the others have sent.
  private void goOn() {
    http2.channel().config().setAutoRead(!held && waiting.isEmpty());
    if (!held && !waiting.isEmpty() && !isNextTurnDue) {
      isNextTurnDue = true;
      var _ = http2.executor().schedule(this::nextTurn, 0, TimeUnit.NANOSECONDS);
    }
  }

  private void nextTurn() {
    isNextTurnDue = false;
    frames = 0;
    var context = http2.pipeline().context(this);
    if (context != null && !held && !waiting.isEmpty()) {
      give(context);
      context.fireChannelReadComplete();
      goOn();
    }
  }

  /// How many of these bytes come before the first frame that is of the next turn.
  private int bytesOfThisTurn(ByteBuf bytes) {
    int at = bytes.readerIndex();
    while (at < bytes.writerIndex()) {
      if (bodyLeft > 0) {
        int here = Math.min(bodyLeft, bytes.writerIndex() - at);
        bodyLeft -= here;
        at += here;
      } else if (headerBytes == 0 && frames == FRAMES_MAX) {
        break;
      } else {
        header(bytes.getUnsignedByte(at));
        at++;
      }
    }
    return at - bytes.readerIndex();
  }

  private void header(int next) {
    if (headerBytes < LENGTH_BYTES) {
      length = length << 8 | next;
    }
    headerBytes++;
    if (headerBytes == HEADER_BYTES) {
      bodyLeft = length == GREETING ? GREETING_BYTES - HEADER_BYTES : length;
      headerBytes = 0;
      length = 0;
      frames++;
    }
  }
}
