package dev.entente.attestors.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.entente.attestor.spi.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The JSON that the two halves of `x509pop` exchange, as SPIRE writes it.
///
/// Byte strings are standard base64 with padding. Reading is bounded in depth and refuses a member
/// that stands twice; unknown members are ignored, because a newer peer may add some.
final class X509PopMessages {
  /// Which of SPIRE's two challenge members is filled.
  enum Kind {
    RSA("rsa_signature"),
    ECDSA("ecdsa_signature");

    private final String member;

    Kind(String member) {
      this.member = member;
    }

    private Kind other() {
      return this == RSA ? ECDSA : RSA;
    }
  }

  /// The node's answer: its own nonce and a signature over both nonces.
  ///
  /// @param signature as the key's algorithm encodes it: RSA raw, ECDSA as r and s of equal length
  record Answer(byte[] nonce, byte[] signature) {}

  /// Text that is not what the protocol says.
  static final class MalformedException extends Exception {
    MalformedException(String message) {
      super(message);
    }
  }

  private static final JsonMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private X509PopMessages() {}

  static byte[] payload(List<byte[]> certificatesDer) {
    var root = JSON.createObjectNode();
    var array = root.putArray("certificates");
    certificatesDer.forEach(array::add);
    return write(root);
  }

  /// Reads a payload's certificates, leaf first; at most `max` of them.
  static List<byte[]> readPayload(byte[] json, int max) throws MalformedException, Refusal {
    var array = object(json).get("certificates");
    if (array == null || !array.isArray() || array.isEmpty()) {
      throw new MalformedException("the payload names no certificates");
    }
    Refusal.unless(
        array.size() <= max,
        "too-many-certificates",
        array.size() + " certificates, at most " + max);
    var certificates = new ArrayList<byte[]>();
    for (var element : array) {
      certificates.add(bytes(element, "certificates"));
    }
    return certificates;
  }

  static byte[] challenge(Kind kind, byte[] nonce) {
    var root = JSON.createObjectNode();
    root.putNull(kind.other().member);
    root.putObject(kind.member).put("nonce", nonce);
    return write(root);
  }

  /// Reads the nonce of a challenge of `kind`.
  static byte[] readChallenge(byte[] json, Kind kind) throws MalformedException {
    return bytes(section(json, kind).get("nonce"), "nonce");
  }

  static byte[] answer(Kind kind, Answer answer) {
    var root = JSON.createObjectNode();
    root.putNull(kind.other().member);
    var section = root.putObject(kind.member).put("nonce", answer.nonce());
    if (kind == Kind.RSA) {
      section.put("signature", answer.signature());
    } else {
      int half = answer.signature().length / 2;
      section.put("r", java.util.Arrays.copyOf(answer.signature(), half));
      section.put("s", java.util.Arrays.copyOfRange(answer.signature(), half, half * 2));
    }
    return write(root);
  }

  /// Reads an answer of `kind`; `half` is the length of r and of s that the key's curve has.
  static Answer readAnswer(byte[] json, Kind kind, int half) throws MalformedException {
    var section = section(json, kind);
    byte[] nonce = bytes(section.get("nonce"), "nonce");
    if (kind == Kind.RSA) {
      return new Answer(nonce, bytes(section.get("signature"), "signature"));
    }
    byte[] signature = new byte[2 * half];
    putUnsigned(bytes(section.get("r"), "r"), signature, 0, half);
    putUnsigned(bytes(section.get("s"), "s"), signature, half, half);
    return new Answer(nonce, signature);
  }

  /// Go writes r and s without leading zeros; the JDK wants them at full length.
  private static void putUnsigned(byte[] number, byte[] into, int offset, int length)
      throws MalformedException {
    if (number.length > length) {
      throw new MalformedException(number.length + " bytes of signature, at most " + length);
    }
    System.arraycopy(number, 0, into, offset + length - number.length, number.length);
  }

  private static JsonNode section(byte[] json, Kind kind) throws MalformedException {
    var section = object(json).get(kind.member);
    if (section == null || !section.isObject()) {
      throw new MalformedException("the message has no " + kind.member);
    }
    return section;
  }

  private static ObjectNode object(byte[] json) throws MalformedException {
    try {
      return Optional.ofNullable(JSON.readTree(json))
          .filter(ObjectNode.class::isInstance)
          .map(ObjectNode.class::cast)
          .orElseThrow(() -> new MalformedException("the message is not a JSON object"));
    } catch (IOException e) {
      throw new MalformedException("the message is not JSON: " + e.getClass().getSimpleName());
    }
  }

  private static byte[] bytes(@Nullable JsonNode node, String member) throws MalformedException {
    try {
      if (node != null && node.isTextual()) {
        return node.binaryValue();
      }
    } catch (IOException _) {
      // Not base64: the same answer as no text at all.
    }
    throw new MalformedException(member + " is not base64 text");
  }

  private static byte[] write(ObjectNode root) {
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of our own making cannot fail to be written", e);
    }
  }
}
