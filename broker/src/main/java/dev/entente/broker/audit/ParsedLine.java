package dev.entente.broker.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/// A line of the log as a verifier sees it.
///
/// @param text the line itself
/// @param json what it says
record ParsedLine(String text, JsonNode json) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  /// Reads a line, or gives nothing if it is not one of ours.
  static Optional<ParsedLine> parse(String line) {
    try {
      var json = MAPPER.readTree(line);
      var ours =
          json.isObject()
              && json.path("sequence").asLong() > 0
              && isDigest(json.path("previous"))
              && json.path("type").isTextual()
              && (!json.path("type").asText().equals(AuditLines.REMOVED) || isRemoval(json));
      return ours ? Optional.of(new ParsedLine(line, json)) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static boolean isRemoval(JsonNode json) {
    return json.path("last_sequence").asLong() > 0 && isDigest(json.path("last_digest"));
  }

  private static boolean isDigest(JsonNode value) {
    return value.isTextual() && DIGEST.matcher(value.asText()).matches();
  }

  long sequence() {
    return json.path("sequence").asLong();
  }

  String previous() {
    return json.path("previous").asText();
  }

  String type() {
    return json.path("type").asText();
  }

  /// When the line was written.
  Instant time() {
    return Instant.parse(json.path("time").asText());
  }

  /// The line before this one, as this one names it.
  AuditHead before() {
    return new AuditHead(sequence() - 1, previous());
  }

  boolean isRemoval() {
    return type().equals(AuditLines.REMOVED);
  }

  /// The last file that a removal speaks of.
  int through() {
    return json.path("through").asInt();
  }

  /// The last line that a removal speaks of.
  AuditHead removedEnd() {
    return new AuditHead(json.path("last_sequence").asLong(), json.path("last_digest").asText());
  }

  boolean isHead() {
    return type().equals(AuditLines.HEAD);
  }

  boolean isSigned() {
    return isHead() || isRemoval() || type().equals(AuditLines.CHECKPOINT);
  }

  String keyId() {
    return json.path("key_id").asText();
  }

  int segment() {
    return json.path("segment").asInt();
  }

  String member() {
    return json.path("member").asText();
  }

  AuditHead head() {
    return new AuditHead(sequence(), AuditLines.digest(text));
  }

  /// Whether the signature at the end covers the rest of the line.
  boolean isSignedBy(PublicKey key) {
    var at = text.lastIndexOf(AuditLines.SIGNATURE);
    if (at < 0 || !text.endsWith("\"}")) {
      return false;
    }
    var encoded = text.substring(at + AuditLines.SIGNATURE.length(), text.length() - 2);
    try {
      var verifier = Signature.getInstance("SHA256withECDSA");
      verifier.initVerify(key);
      verifier.update(text.substring(0, at).getBytes(StandardCharsets.UTF_8));
      return verifier.verify(Base64.getDecoder().decode(encoded));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }
}
