package dev.entente.spiffe;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Digests every Java has.
public final class Digests {
  private Digests() {}

  /// SHA-1, for key identifiers only, where no security rests on it.
  static byte[] sha1(byte[] bytes) {
    return newDigest("SHA-1").digest(bytes);
  }

  /// SHA-256.
  public static byte[] sha256(byte[] bytes) {
    return newSha256().digest(bytes);
  }

  /// SHA-256 in lower-case hex.
  public static String sha256Hex(byte[] bytes) {
    return HexFormat.of().formatHex(sha256(bytes));
  }

  /// SHA-256 of a text's UTF-8 bytes, in lower-case hex.
  public static String sha256Hex(String text) {
    return sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }

  /// A SHA-256 to feed piece by piece, for what is too long to hold; for one thread.
  public static MessageDigest newSha256() {
    return newDigest("SHA-256");
  }

  private static MessageDigest newDigest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no " + algorithm, e);
    }
  }
}
