package dev.entente.systemtests;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/// HTTP/2 by hand (RFC 9113), to send what no client would. One thread writes and asks; another
/// reads, unless this is a peer that does not.
///
/// What is written after the listener closed the connection fails with an `IOException`, sooner or
/// later.
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  private static final int ACK = 1;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  private static final int PRIORITY = 0x20;
  private static final int PRIORITY_BYTES = 5;

  static final int CANCEL = 8;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// No answer of a test waits for the window of the connection.
  private static final int WINDOW_BYTES = 1 << 30;

  private final AutoCloseable socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();

  /// What came, with the header fields if it has any; the end of the connection has type -1.
  record Frame(int type, int flags, int stream, byte[] payload, Map<String, String> headers) {
    private static final Frame END = new Frame(-1, 0, 0, new byte[0], Map.of());

    boolean isEnd() {
      return type == -1;
    }

    /// The gRPC status in trailers, or else that of HTTP.
    String status() {
      return headers.getOrDefault("grpc-status", "HTTP " + headers.get(":status"));
    }
  }

  private RawHttp2(AutoCloseable socket, InputStream in, OutputStream out) {
    this.socket = socket;
    this.in = new DataInputStream(in);
    this.out = new BufferedOutputStream(out, 1 << 16);
  }

  /// Greets a listener at `host:port` or the path of a Unix socket, and reads from then on.
  static RawHttp2 at(String listener) throws IOException {
    return listener.startsWith("/") ? on(Path.of(listener)) : on(listener);
  }

  /// As [#at], over TCP from that address of this machine, and whether it reads is said.
  static RawHttp2 at(String listener, String from, boolean reads) throws IOException {
    return (listener.startsWith("/") ? unix(Path.of(listener)) : tls(listener, from)).greet(reads);
  }

  /// Greets a listener on a Unix socket, and reads from then on.
  static RawHttp2 on(Path socket) throws IOException {
    return unix(socket).greet(true);
  }

  /// Greets a listener with TLS at `host:port`, and reads from then on.
  static RawHttp2 on(String address) throws IOException {
    return tls(address, RawTls.ANYWHERE).greet(true);
  }

  /// As [#on(Path)], but what the listener sends is never read.
  static RawHttp2 deafOn(Path socket) throws IOException {
    return unix(socket).greet(false);
  }

  /// As [#on(String)], but what the listener sends is never read.
  static RawHttp2 deafOn(String address) throws IOException {
    return tls(address, RawTls.ANYWHERE).greet(false);
  }

  private static RawHttp2 tls(String address, String from) throws IOException {
    var socket = RawTls.connectFrom(from, address, "h2");
    return new RawHttp2(socket, socket.getInputStream(), socket.getOutputStream());
  }

  private static RawHttp2 unix(Path path) throws IOException {
    var socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
    return new RawHttp2(socket, Channels.newInputStream(socket), Channels.newOutputStream(socket));
  }

  private RawHttp2 greet(boolean reads) throws IOException {
    out.write(PREFACE);
    frame(SETTINGS, 0, 0);
    if (reads) {
      frame(WINDOW_UPDATE, 0, 0, number(WINDOW_BYTES));
      Thread.ofVirtual().name("raw-http2-reader").start(this::read);
    }
    return flush();
  }

  private void read() {
    var headers = new DefaultHttp2HeadersDecoder(false);
    try {
      while (true) {
        var length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        var type = in.readUnsignedByte();
        var flags = in.readUnsignedByte();
        var stream = in.readInt();
        var payload = in.readNBytes(length);
        if (payload.length < length) {
          throw new EOFException("frame cut");
        }
        var fields = new LinkedHashMap<String, String>();
        if (type == HEADERS) {
          var block = Unpooled.wrappedBuffer(payload);
          headers
              .decodeHeaders(
                  stream, (flags & PRIORITY) == 0 ? block : block.skipBytes(PRIORITY_BYTES))
              .forEach(field -> fields.put(field.getKey().toString(), field.getValue().toString()));
        }
        frames.add(new Frame(type, flags, stream, payload, fields));
      }
    } catch (IOException | Http2Exception e) {
      frames.add(Frame.END);
    }
  }

  /// Writes one frame; flush it.
  RawHttp2 frame(int type, int flags, int stream, byte... payload) throws IOException {
    var head = ByteBuffer.allocate(9);
    head.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    head.put((byte) type).put((byte) flags).putInt(stream);
    out.write(head.array());
    out.write(payload);
    return this;
  }

  RawHttp2 flush() throws IOException {
    out.flush();
    return this;
  }

  /// A number as the payload of a frame.
  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /// Header fields, names and values in turns, each as a literal that is not indexed (RFC 7541
  /// §6.2.2).
  static byte[] fields(String... namesAndValues) {
    var block = new ByteArrayOutputStream();
    for (var i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      text(block, namesAndValues[i]);
      text(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    var bytes = text.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      var rest = bytes.length - 127;
      for (; rest >= 128; rest >>= 7) {
        block.write((rest & 127) | 128);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /// The header fields of a gRPC call.
  static byte[] call(String path, String... more) {
    var all = new ArrayList<>(List.of(":method", "POST", ":scheme", "http", ":path", path));
    all.addAll(List.of(":authority", "localhost", "content-type", "application/grpc"));
    all.addAll(List.of("te", "trailers"));
    all.addAll(List.of(more));
    return fields(all.toArray(String[]::new));
  }

  /// A gRPC message of so many bytes of which only the first are sent.
  static byte[] message(int length, byte... sent) {
    return ByteBuffer.allocate(5 + sent.length).put((byte) 0).putInt(length).put(sent).array();
  }

  /// The first frame from now on that is like this; the connection's end is always taken.
  Frame await(String what, Predicate<Frame> wanted) {
    var deadline = System.nanoTime() + LIMIT.toNanos();
    try {
      while (true) {
        var frame = frames.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (frame == null) {
          throw new AssertionError("not within " + LIMIT + ": " + what);
        }
        if (frame.isEnd() || wanted.test(frame)) {
          return frame;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + what, e);
    }
  }

  /// The gRPC status of a stream, or how else it ended.
  String status(int stream) {
    var last =
        await(
            "status of stream " + stream,
            frame -> frame.stream() == stream && (isStatus(frame) || frame.type() == RST_STREAM));
    return switch (last.type()) {
      case HEADERS -> last.status();
      case RST_STREAM -> "reset";
      default -> "connection ended";
    };
  }

  /// As [#status], once the stream has ended; that of HTTP where there is none of gRPC.
  String statusAtTheEnd(int stream) {
    var status = new AtomicReference<>("none");
    await(
        "end of stream " + stream,
        frame -> {
          boolean ours = frame.stream() == stream;
          if (ours && frame.type() == HEADERS) {
            status.set(frame.status());
          }
          return ours && (frame.type() == RST_STREAM || (frame.flags() & END_STREAM) != 0);
        });
    return status.get();
  }

  /// How many streams were reset by then, asked for with a PING.
  int resetsUntilPong() throws IOException {
    frame(PING, 0, 0, new byte[8]).flush();
    var resets = new AtomicInteger();
    var last =
        await(
            "pong",
            frame -> {
              if (frame.type() == RST_STREAM) {
                resets.incrementAndGet();
              }
              return frame.type() == PING && frame.flags() == ACK;
            });
    if (last.isEnd()) {
      throw new AssertionError("connection ended before the pong");
    }
    return resets.get();
  }

  private static boolean isStatus(Frame frame) {
    return frame.headers().containsKey("grpc-status")
        || !frame.headers().getOrDefault(":status", "200").equals("200");
  }

  /// Closes the half that is written, in TLS by a notice.
  void finish() throws IOException {
    flush();
    if (socket instanceof Socket tls) {
      tls.shutdownOutput();
    } else if (socket instanceof SocketChannel channel) {
      channel.shutdownOutput();
    }
  }

  /// Waits until the listener has closed the connection.
  void awaitEnd() {
    await("end of the connection", _ -> false);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException("connection not closed", e);
    } catch (Exception e) {
      throw new IllegalStateException("connection not closed", e);
    }
  }
}
