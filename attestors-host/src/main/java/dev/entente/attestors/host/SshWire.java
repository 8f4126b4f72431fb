package dev.entente.attestors.host;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/// Reads SSH's data types (RFC 4251 §5), one after the other, each in its only form.
final class SshWire {
  private final ByteBuffer in;

  private SshWire(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  /// Reads all of `bytes`.
  ///
  /// @throws IllegalArgumentException if something is missing, or follows
  static <T> T readAll(byte[] bytes, Function<SshWire, T> reader) {
    try {
      var wire = new SshWire(bytes);
      var value = reader.apply(wire);
      if (wire.in.hasRemaining()) {
        throw new IllegalArgumentException(wire.in.remaining() + " bytes too many");
      }
      return value;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("cut short", e);
    }
  }

  /// How many bytes were read.
  int position() {
    return in.position();
  }

  boolean hasMore() {
    return in.hasRemaining();
  }

  int octet() {
    return in.get() & 0xff;
  }

  int uint32() {
    return in.getInt();
  }

  /// As a signed number; for times that end before the year 292 billion it is the same.
  long uint64() {
    return in.getLong();
  }

  byte[] string() {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("a string longer than what there is");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /// A string that is text of visible ASCII.
  String text() {
    byte[] bytes = string();
    for (byte each : bytes) {
      if (each < 0x20 || each > 0x7e) {
        throw new IllegalArgumentException("text that is not visible ASCII");
      }
    }
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  /// A positive number, in as few bytes as it needs.
  BigInteger mpint() {
    byte[] bytes = string();
    var number = new BigInteger(1, bytes);
    if (number.signum() == 0 || !Arrays.equals(number.toByteArray(), bytes)) {
      throw new IllegalArgumentException("not a positive number in its shortest form");
    }
    return number;
  }
}
