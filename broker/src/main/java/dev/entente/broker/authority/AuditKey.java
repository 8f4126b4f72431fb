package dev.entente.broker.authority;

import dev.entente.broker.audit.AuditSigner;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.KeyAlgorithm;
import java.security.PublicKey;

/// The audit key, kept where the member keeps its other keys.
public final class AuditKey implements AuditSigner {
  private static final String KEY_ID = "audit";

  private final SigningKey key;
  private final String keyId;

  private AuditKey(SigningKey key) {
    this.key = key;
    this.keyId = Digests.sha256Hex(key.publicKey().getEncoded());
  }

  /// Finds the member's audit key, or makes it. A new key does not invalidate what the old one
  /// signed, as long as its public half stays in the settings.
  ///
  /// @throws KeyManagerException if the key manager cannot
  public static AuditKey of(KeyManager keys) {
    return new AuditKey(
        keys.find(KEY_ID).orElseGet(() -> keys.generate(KEY_ID, KeyAlgorithm.EC_P256)));
  }

  @Override
  public String keyId() {
    return keyId;
  }

  @Override
  public PublicKey publicKey() {
    return key.publicKey();
  }

  @Override
  public byte[] sign(byte[] message) {
    return key.sign(SignatureScheme.ECDSA_SHA256, message);
  }
}
