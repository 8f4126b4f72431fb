package dev.entente.testkit;

import java.nio.ByteBuffer;

/// What a TPM answers, as it writes it (TPM 2.0 Library, Part 1, 18.9).
final class TpmAnswer {
  private static final int NO_SESSIONS = 0x8001;
  private static final int HEADER_BYTES = 10;

  private TpmAnswer() {}

  /// A refusal.
  static byte[] failed(int code) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .putShort((short) NO_SESSIONS)
        .putInt(HEADER_BYTES)
        .putInt(code)
        .array();
  }

  /// @param sized whether the command had authorizations, so that the answer says how long its
  ///   parameters are
  static byte[] of(boolean sized, SoftTpm.Writing parameters) {
    byte[] rest = SoftTpm.bytes(parameters);
    return message(out -> {
      if (sized) {
        out.writeInt(rest.length);
      }
      out.write(rest);
    });
  }

  /// As [#of], behind a handle.
  static byte[] withHandle(int handle, boolean sized, SoftTpm.Writing parameters) {
    byte[] rest = SoftTpm.bytes(parameters);
    return message(out -> {
      out.writeInt(handle);
      if (sized) {
        out.writeInt(rest.length);
      }
      out.write(rest);
    });
  }

  private static byte[] message(SoftTpm.Writing writing) {
    byte[] rest = SoftTpm.bytes(writing);
    return SoftTpm.bytes(out -> {
      out.writeShort(NO_SESSIONS);
      out.writeInt(HEADER_BYTES + rest.length);
      out.writeInt(0);
      out.write(rest);
    });
  }
}
