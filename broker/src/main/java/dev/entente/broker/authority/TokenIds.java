package dev.entente.broker.authority;

import java.security.SecureRandom;
import java.util.Base64;

/// Makes the ids of tokens.
final class TokenIds {
  private TokenIds() {}

  /// base64url of a random UUID of version 4, as SPIRE's: no two tokens have one (RFC 7519 §4.1.7).
  static String next(SecureRandom random) {
    var bytes = new byte[16];
    random.nextBytes(bytes);
    bytes[6] = (byte) ((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (byte) ((bytes[8] & 0x3f) | 0x80);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
