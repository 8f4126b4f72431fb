package dev.entente.spiffe;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Digests every Java has.
public final class Digests {
  private Digests() {}

  /// SHA-1, for key identifiers only, where no security rests on it.
  static byte[] sha1(byte[] bytes) {
    return digest("SHA-1", bytes);
  }

  /// SHA-256 in lower-case hex.
  public static String sha256Hex(byte[] bytes) {
    return HexFormat.of().formatHex(digest("SHA-256", bytes));
  }

  private static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no " + algorithm, e);
    }
  }
}
