package dev.entente.attestors.host;

import java.io.ByteArrayOutputStream;

/// Writes a TPM's data types (TPM 2.0 Library, Part 2), big-endian, one after the other.
final class TpmWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  TpmWriter uint8(int value) {
    out.write(value);
    return this;
  }

  TpmWriter uint16(int value) {
    return uint8(value >>> 8).uint8(value);
  }

  TpmWriter uint32(int value) {
    return uint16(value >>> 16).uint16(value);
  }

  TpmWriter bytes(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /// With a length of two bytes before (TPM2B).
  TpmWriter sized(byte... bytes) {
    if (bytes.length > 0xffff) {
      throw new IllegalArgumentException("a field of " + bytes.length + " bytes");
    }
    return uint16(bytes.length).bytes(bytes);
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
