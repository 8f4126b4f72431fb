package dev.entente.broker.attestation;

import dev.entente.broker.audit.AuditOrigin;
import io.vertx.core.Future;

/// What a node shows, and how to ask it for more.
///
/// @param type the attestation type, such as `join_token`
/// @param payload the evidence, never empty
/// @param csr DER of the certificate request; only its key counts
/// @param remoteAddress the node's IP address in text
/// @param origin who asks, for the audit log
/// @param conversation asks the node
public record AttestationRequest(
    String type,
    byte[] payload,
    byte[] csr,
    String remoteAddress,
    AuditOrigin origin,
    Conversation conversation) {
  /// The rest of a conversation with a node. Any thread may call.
  @FunctionalInterface
  public interface Conversation {
    /// Sends a challenge and waits for the answer.
    Future<byte[]> challenge(byte[] challenge);
  }
}
