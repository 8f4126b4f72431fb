package dev.entente.broker.audit;

import java.security.PublicKey;

/// The member's audit key, a P-256 key that signs nothing else.
public interface AuditSigner {
  /// Prefix of the settings under which the public halves stand in the store, one for each key.
  String SETTING_PREFIX = "audit-key/";

  /// Lower-case hex SHA-256 of the public key's encoding.
  String keyId();

  /// The public half, for whoever verifies.
  PublicKey publicKey();

  /// Signs with ECDSA and SHA-256, in DER.
  byte[] sign(byte[] message);
}
