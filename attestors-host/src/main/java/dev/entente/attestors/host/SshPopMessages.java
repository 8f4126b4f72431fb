package dev.entente.attestors.host;

import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.spiffe.Json;
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
    return JsonBytes.write(Map.of(CERTIFICATE, JsonBytes.base64(certificate)));
  }

  /// Reads a certificate's wire form.
  ///
  /// @throws IllegalArgumentException if the message is not what a node sends
  static byte[] readPayload(byte[] json) {
    return JsonBytes.bytes(Json.parseObject(json), CERTIFICATE);
  }

  static byte[] challenge(byte[] nonce) {
    return JsonBytes.write(Map.of(NONCE, JsonBytes.base64(nonce)));
  }

  /// @throws IllegalArgumentException if the message is not what a broker sends
  static byte[] readChallenge(byte[] json) {
    return JsonBytes.bytes(Json.parseObject(json), NONCE);
  }

  static byte[] answer(Answer answer) {
    var signature = new LinkedHashMap<String, Object>();
    signature.put("Format", answer.signature().format());
    signature.put("Blob", JsonBytes.base64(answer.signature().blob()));
    signature.put("Rest", Optional.empty());
    var all = new LinkedHashMap<String, Object>();
    all.put(NONCE, JsonBytes.base64(answer.nonce()));
    all.put(SIGNATURE, signature);
    return JsonBytes.write(all);
  }

  /// @throws IllegalArgumentException if the message is not what a node sends
  static Answer readAnswer(byte[] json) {
    var all = Json.parseObject(json);
    if (all.get(SIGNATURE) instanceof Map<?, ?> signature
        && signature.get("Format") instanceof String format) {
      return new Answer(
          JsonBytes.bytes(all, NONCE),
          new SshSignature(format, JsonBytes.bytes(signature, "Blob")));
    }
    throw new IllegalArgumentException("the answer has no signature");
  }
}
