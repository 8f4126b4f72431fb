package dev.entente.attestors.aws;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// How the message is written down.
enum MessageEncoding {
  AS_AWS,
  TRAILING_BYTE,
  TRUNCATED,
  NESTED_DEEPLY,
  HUGE_LENGTH,
  PLAIN_WITHOUT_LENGTH,
  HIGH_TAG,
  NOT_A_MESSAGE,
  CHANGED_SIGNATURE,
  CHANGED_CONTENT,
  TOO_LONG,
  EMPTY;

  byte[] write(byte[] bytes) {
    return switch (this) {
      case AS_AWS -> bytes;
      case TRAILING_BYTE -> Arrays.copyOf(bytes, bytes.length + 1);
      case TRUNCATED -> Arrays.copyOf(bytes, bytes.length - 4);
      case NESTED_DEEPLY -> "0\u0080".repeat(5000).getBytes(StandardCharsets.ISO_8859_1);
      case HUGE_LENGTH -> new byte[] {0x30, (byte) 0x84, 0x7f, 0x7f, 0x7f, 0x7f};
      case PLAIN_WITHOUT_LENGTH -> new byte[] {0x30, 0x05, 0x04, (byte) 0x80, 0x01, 0x00, 0x00};
      case HIGH_TAG -> new byte[] {0x3f, 0x01, 0x00};
      case NOT_A_MESSAGE -> new byte[] {0x04, 0x01, 0x00};
      case CHANGED_SIGNATURE -> flip(bytes, bytes.length - 40);
      case CHANGED_CONTENT -> swapped(bytes);
      case TOO_LONG -> new byte[20_000];
      case EMPTY -> new byte[0];
    };
  }

  /// Another instance in the signed bytes, of the same length.
  private static byte[] swapped(byte[] bytes) {
    var text = new String(bytes, StandardCharsets.ISO_8859_1);
    var other = AwsIidCorpus.INSTANCE.replaceFirst(".$", "f");
    return text.replace(AwsIidCorpus.INSTANCE, other).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] flip(byte[] bytes, int at) {
    var changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }
}
