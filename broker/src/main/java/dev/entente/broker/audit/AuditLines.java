package dev.entente.broker.audit;

import dev.entente.spiffe.Digests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/// The form of a line: number, time, digest of the line before, then what the line says. A signed
/// line ends in a signature over everything before it.
final class AuditLines {
  /// What stands between the signed part and the signature.
  static final String SIGNATURE = ",\"signature\":\"";

  static final String HEAD = "segment_head";
  static final String CHECKPOINT = "checkpoint";

  /// Files of the chain are about to be removed, as configured.
  static final String REMOVED = "segments_removed";

  private AuditLines() {}

  static String plain(AuditHead before, Instant now, String members) {
    return open(before, now) + members + "}";
  }

  static String signed(AuditHead before, Instant now, String members, AuditSigner signer) {
    var text = open(before, now) + members + ",\"key_id\":\"" + signer.keyId() + "\"";
    var signature = signer.sign(text.getBytes(StandardCharsets.US_ASCII));
    return text + SIGNATURE + Base64.getEncoder().encodeToString(signature) + "\"}";
  }

  private static String open(AuditHead before, Instant now) {
    return beginning(before.sequence() + 1)
        + "\"time\":\""
        + now
        + "\",\"previous\":\""
        + before.digest()
        + "\",";
  }

  /// What the line with this number begins with, and no other does.
  static String beginning(long sequence) {
    return "{\"sequence\":" + sequence + ",";
  }

  static AuditHead after(AuditHead before, String line) {
    return new AuditHead(before.sequence() + 1, digest(line));
  }

  static String digest(String line) {
    return Digests.sha256Hex(line);
  }
}
