package dev.entente.attestors.gcp;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/// For whom an identity token is made.
final class GcpAudience {
  /// The one audience of every SPIRE deployment.
  static final String SPIRE = "spire-gcp-node-attestor";

  /// Audiences go into a query, a claim and a log line.
  static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._~:/-]{1,256}");

  private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private GcpAudience() {}

  /// Fresh text no token was ever made for.
  static String nonce() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /// Reads a broker's nonce.
  ///
  /// @throws IllegalArgumentException if it is none: a broker could otherwise have a token made for
  ///   an audience of its choice
  static String readNonce(byte[] challenge) {
    var text = new String(challenge, StandardCharsets.ISO_8859_1);
    if (!NONCE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a challenge of " + challenge.length + " bytes is no nonce");
    }
    return text;
  }

  /// The audience that carries a nonce.
  static String with(String audience, String nonce) {
    return audience + "/" + nonce;
  }
}
