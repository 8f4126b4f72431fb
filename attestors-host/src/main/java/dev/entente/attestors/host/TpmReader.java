package dev.entente.attestors.host;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.function.Function;

/// Reads a TPM's data types (TPM 2.0 Library, Part 2), big-endian, one after the other. Every
/// length is bounded before anything is allocated.
final class TpmReader {
  private final ByteBuffer in;

  private TpmReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  /// Reads all of `bytes`.
  ///
  /// @throws IllegalArgumentException if something is missing, or follows
  static <T> T readAll(byte[] bytes, Function<TpmReader, T> reader) {
    return read(
        bytes,
        wire -> {
          var value = reader.apply(wire);
          if (wire.in.hasRemaining()) {
            throw new IllegalArgumentException(wire.in.remaining() + " bytes too many");
          }
          return value;
        });
  }

  /// Reads the beginning of `bytes`.
  ///
  /// @throws IllegalArgumentException if something is missing
  static <T> T read(byte[] bytes, Function<TpmReader, T> reader) {
    try {
      return reader.apply(new TpmReader(bytes));
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("cut short", e);
    }
  }

  int uint8() {
    return in.get() & 0xff;
  }

  int uint16() {
    return in.getShort() & 0xffff;
  }

  /// As a signed number; handles, attributes and codes are compared, never ordered.
  int uint32() {
    return in.getInt();
  }

  long uint64() {
    return in.getLong();
  }

  /// What follows a length of two bytes (TPM2B).
  byte[] sized(int bytesMax) {
    int length = uint16();
    if (length > bytesMax) {
      throw new IllegalArgumentException("a field of " + length + " bytes, at most " + bytesMax);
    }
    if (length > in.remaining()) {
      throw new IllegalArgumentException("a field longer than what there is");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /// Everything that is left.
  byte[] rest() {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return bytes;
  }
}
