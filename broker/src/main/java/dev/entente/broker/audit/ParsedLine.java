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
import java.util.Base64;
import java.util.Optional;

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

  /// Reads a line, or gives nothing if it is not one of ours.
  static Optional<ParsedLine> parse(String line) {
    try {
      var json = MAPPER.readTree(line);
      var ours =
          json.isObject()
              && json.path("sequence").isIntegralNumber()
              && json.path("previous").isTextual()
              && json.path("type").isTextual();
      return ours ? Optional.of(new ParsedLine(line, json)) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
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

  boolean isHead() {
    return type().equals(AuditLines.HEAD);
  }

  boolean isSigned() {
    return isHead() || type().equals(AuditLines.CHECKPOINT);
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
