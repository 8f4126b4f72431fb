package dev.entente.attestors.host;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;

/// What an agent has to show: 32 random bytes as padded base64url.
record HttpChallengeNonce(String text) {
  private static final int BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  /// What SPIRE makes, and room for what it may make one day; nothing that ends a line.
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_=-]{16,64}");

  HttpChallengeNonce {
    if (!SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException("the nonce is not 16 to 64 characters of base64url");
    }
  }

  /// A new one.
  static HttpChallengeNonce fresh() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return new HttpChallengeNonce(Base64.getUrlEncoder().encodeToString(bytes));
  }

  /// Reads a challenge.
  ///
  /// @throws IllegalArgumentException if it is none
  static HttpChallengeNonce parse(byte[] json) {
    if (Json.parseObject(json).get("nonce") instanceof String nonce) {
      return new HttpChallengeNonce(nonce);
    }
    throw new IllegalArgumentException("the challenge has no \"nonce\"");
  }

  byte[] toJson() {
    return Json.write(Map.of("nonce", text)).getBytes(StandardCharsets.UTF_8);
  }
}
