package dev.entente.spiffe;

import java.util.Base64;

/// Base64url in its one canonical form (RFC 7515 §2): without padding, without spare bits.
final class Base64Url {
  private Base64Url() {}

  /// @param what names the text in the message; the text itself may be a secret and is not quoted
  static byte[] decode(String text, String what) {
    try {
      var bytes = Base64.getUrlDecoder().decode(text);
      if (Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Dropped: the decoder's message says nothing that this one does not.
    }
    throw new MalformedException(what + " is not canonical base64url");
  }
}
