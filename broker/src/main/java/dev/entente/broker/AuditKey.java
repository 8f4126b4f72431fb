package dev.entente.broker;

import dev.entente.broker.audit.AuditSigner;
import dev.entente.broker.authority.KeyManager;
import dev.entente.broker.authority.SignatureScheme;
import dev.entente.broker.authority.SigningKey;
import dev.entente.spiffe.KeyAlgorithm;
import java.security.PublicKey;

/// The member's audit key, kept where its other keys are.
record AuditKey(SigningKey key, String keyId) implements AuditSigner {
  private static final String NAME = "audit";

  /// Finds the key, or makes it at the first start.
  static AuditKey of(KeyManager keys) {
    var key = keys.find(NAME).orElseGet(() -> keys.generate(NAME, KeyAlgorithm.EC_P256));
    return new AuditKey(key, Sha256.hex(key.publicKey().getEncoded()));
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
