package dev.entente.attestor.spi;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/// Text a broker makes for one attestation, so that evidence which carries it was made for that
/// attestation: 256 random bits in base64url, 43 characters.
public final class Nonce {
  private static final int BYTES = 32;
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private Nonce() {}

  /// Fresh text nothing was ever made for.
  public static String fresh() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /// The nonce a broker challenges a node with.
  ///
  /// @throws AttestationFault if it is none
  public static String challenged(byte[] challenge) throws AttestationFault {
    try {
      return read(challenge);
    } catch (IllegalArgumentException e) {
      throw new AttestationFault("challenge not answered: " + e.getMessage(), e);
    }
  }

  /// Reads a broker's nonce, on the node.
  ///
  /// @throws IllegalArgumentException if it is none: a broker could otherwise have evidence made
  ///   for an audience of its choice
  public static String read(byte[] challenge) {
    var text = new String(challenge, StandardCharsets.ISO_8859_1);
    if (!SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a challenge of " + challenge.length + " bytes is no nonce");
    }
    return text;
  }
}
