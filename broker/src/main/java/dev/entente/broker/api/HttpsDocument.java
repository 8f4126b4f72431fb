package dev.entente.broker.api;

import dev.entente.spiffe.Digests;
import java.time.Duration;

/// A document that is served as it is to anybody, with its entity tag.
///
/// @param contentType of the body
/// @param body never changed
/// @param etag strong, quoted (RFC 9110 §8.8.3)
/// @param maxAge how long readers may keep it without asking again
public record HttpsDocument(String contentType, byte[] body, String etag, Duration maxAge) {
  /// Half of a SHA-256 tells documents apart.
  private static final int ETAG_HEX_CHARS = 32;

  /// A document with the tag of its content.
  public static HttpsDocument of(String contentType, byte[] body, Duration maxAge) {
    var tag = '"' + Digests.sha256Hex(body).substring(0, ETAG_HEX_CHARS) + '"';
    return new HttpsDocument(contentType, body, tag, maxAge);
  }
}
