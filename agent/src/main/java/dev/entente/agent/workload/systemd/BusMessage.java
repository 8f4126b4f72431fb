package dev.entente.agent.workload.systemd;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/// A message from the bus, as far as an answer with one value of type `s`, `o` or `v` holding an
/// `s` needs it.
///
/// @param kind 2 for an answer, 3 for an error; others are signals and calls
/// @param replyTo the serial of the call it answers
/// @param error name of the error
/// @param signature types of the body
/// @param body in the byte order of the message
record BusMessage(
    int kind, OptionalInt replyTo, Optional<String> error, String signature, ByteBuffer body) {
  static final int PATH = 1;
  static final int INTERFACE = 2;
  static final int MEMBER = 3;
  static final int ERROR_NAME = 4;
  static final int REPLY_SERIAL = 5;
  static final int DESTINATION = 6;
  static final int SENDER = 7;
  static final int SIGNATURE = 8;
  static final int UNIX_FDS = 9;

  static final int ANSWER = 2;
  static final int ERROR = 3;

  /// Names of units and paths of files; nothing we ask for comes near it.
  private static final int MAX_BYTES = 64 * 1024;

  private static final int FIXED_BYTES = 16;

  /// Reads the next message.
  static BusMessage read(InputStream in) throws IOException {
    var fixed = ByteBuffer.wrap(exactly(in, FIXED_BYTES));
    var order = order(fixed.get(0));
    fixed.order(order);
    long bodyBytes = fixed.getInt(4) & 0xffffffffL;
    long fieldBytes = fixed.getInt(12) & 0xffffffffL;
    if (bodyBytes > MAX_BYTES || fieldBytes > MAX_BYTES) {
      throw new ProtocolException("message larger than " + MAX_BYTES + " bytes");
    }
    int padded = padded((int) fieldBytes, BusWriter.HEADER_ALIGNMENT);
    var fields = ByteBuffer.wrap(exactly(in, padded)).order(order).limit((int) fieldBytes);
    var body = ByteBuffer.wrap(exactly(in, (int) bodyBytes)).order(order);
    try {
      return of(fixed.get(1), fields, body);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw malformed(e);
    }
  }

  private static BusMessage of(int kind, ByteBuffer fields, ByteBuffer body)
      throws ProtocolException {
    var replyTo = OptionalInt.empty();
    Optional<String> error = Optional.empty();
    var signature = "";
    while (fields.hasRemaining()) {
      align(fields, BusWriter.HEADER_ALIGNMENT);
      if (!fields.hasRemaining()) {
        break;
      }
      int code = fields.get();
      var type = signature(fields);
      switch (code) {
        case REPLY_SERIAL -> replyTo = OptionalInt.of(number(fields, type));
        case ERROR_NAME -> error = Optional.of(text(fields, type));
        case SIGNATURE -> {
          require(type.equals("g"), "signature of another type");
          signature = signature(fields);
        }
        case UNIX_FDS -> number(fields, type);
        case PATH, INTERFACE, MEMBER, DESTINATION, SENDER -> text(fields, type);
        default -> throw new ProtocolException("header field " + code + " is unknown");
      }
    }
    return new BusMessage(kind, replyTo, error, signature, body);
  }

  /// The only value, a text or the path of an object.
  String text() throws ProtocolException {
    try {
      var value = body.duplicate().order(body.order());
      var type = signature;
      if (type.equals("v")) {
        type = signature(value);
      }
      return text(value, type);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw malformed(e);
    }
  }

  private static String text(ByteBuffer from, String type) throws ProtocolException {
    require(type.equals("s") || type.equals("o"), "value is no text");
    align(from, Integer.BYTES);
    int length = from.getInt();
    require(length >= 0 && length < from.remaining(), "text is cut short");
    var utf8 = new byte[length];
    from.get(utf8);
    require(from.get() == 0, "text without an end");
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private static int number(ByteBuffer from, String type) throws ProtocolException {
    require(type.equals("u"), "value is no number");
    align(from, Integer.BYTES);
    return from.getInt();
  }

  private static String signature(ByteBuffer from) throws ProtocolException {
    int length = from.get() & 0xff;
    require(length < from.remaining(), "signature is cut short");
    var ascii = new byte[length];
    from.get(ascii);
    require(from.get() == 0, "signature without an end");
    return new String(ascii, StandardCharsets.US_ASCII);
  }

  /// Whatever is read begins at a multiple of eight of the message.
  private static void align(ByteBuffer from, int boundary) {
    from.position(Math.min(padded(from.position(), boundary), from.limit()));
  }

  private static int padded(int length, int boundary) {
    return (length + boundary - 1) / boundary * boundary;
  }

  private static ByteOrder order(byte mark) throws ProtocolException {
    return switch (mark) {
      case 'l' -> ByteOrder.LITTLE_ENDIAN;
      case 'B' -> ByteOrder.BIG_ENDIAN;
      default -> throw new ProtocolException("message of no byte order");
    };
  }

  private static void require(boolean condition, String otherwise) throws ProtocolException {
    if (!condition) {
      throw new ProtocolException(otherwise);
    }
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    var bytes = in.readNBytes(length);
    require(bytes.length == length, "message is cut short");
    return bytes;
  }

  private static ProtocolException malformed(RuntimeException cause) {
    var failure = new ProtocolException("message is not well-formed");
    failure.initCause(cause);
    return failure;
  }
}
