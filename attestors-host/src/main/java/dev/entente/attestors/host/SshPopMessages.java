package dev.entente.attestors.host;

import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The JSON that the two halves of `sshpop` exchange, as SPIRE writes it: members are called as the
/// fields of its Go structures are, bytes are standard base64 with padding.
final class SshPopMessages {
  private static final String CERTIFICATE = "Certificate";
  private static final String NONCE = "Nonce";
  private static final String SIGNATURE = "Signature";

  private SshPopMessages() {}

  /// The node's answer: its own nonce and a signature over both.
  record Answer(byte[] nonce, SshSignature signature) {}

  static byte[] payload(byte[] certificate) {
    return write(Map.of(CERTIFICATE, base64(certificate)));
  }

  /// Reads a certificate's wire form.
  ///
  /// @throws IllegalArgumentException if the message is not what a node sends
  static byte[] readPayload(byte[] json) {
    return bytes(Json.parseObject(json), CERTIFICATE);
  }

  static byte[] challenge(byte[] nonce) {
    return write(Map.of(NONCE, base64(nonce)));
  }

  /// @throws IllegalArgumentException if the message is not what a broker sends
  static byte[] readChallenge(byte[] json) {
    return bytes(Json.parseObject(json), NONCE);
  }

  static byte[] answer(Answer answer) {
    var signature = new LinkedHashMap<String, Object>();
    signature.put("Format", answer.signature().format());
    signature.put("Blob", base64(answer.signature().blob()));
    signature.put("Rest", Optional.empty());
    var all = new LinkedHashMap<String, Object>();
    all.put(NONCE, base64(answer.nonce()));
    all.put(SIGNATURE, signature);
    return write(all);
  }

  /// @throws IllegalArgumentException if the message is not what a node sends
  static Answer readAnswer(byte[] json) {
    var all = Json.parseObject(json);
    if (all.get(SIGNATURE) instanceof Map<?, ?> signature
        && signature.get("Format") instanceof String format) {
      return new Answer(bytes(all, NONCE), new SshSignature(format, bytes(signature, "Blob")));
    }
    throw new IllegalArgumentException("the answer has no signature");
  }

  private static byte[] write(Map<String, Object> members) {
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(Map<?, ?> members, String name) {
    if (members.get(name) instanceof String text) {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (base64(bytes).equals(text)) {
        return bytes;
      }
    }
    throw new IllegalArgumentException("\"" + name + "\" is not base64");
  }
}
