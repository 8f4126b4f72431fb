package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/// A key pair in this process's memory.
final class SoftwareKey implements SigningKey {
  private final String id;
  private final KeyAlgorithm algorithm;
  private final PublicKey publicKey;
  private final PrivateKey privateKey;

  SoftwareKey(String id, KeyAlgorithm algorithm, KeyPair pair) {
    this.id = id;
    this.algorithm = algorithm;
    this.publicKey = pair.getPublic();
    this.privateKey = pair.getPrivate();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public KeyAlgorithm algorithm() {
    return algorithm;
  }

  @Override
  public PublicKey publicKey() {
    return publicKey;
  }

  @Override
  public byte[] sign(SignatureScheme scheme, byte[] message) {
    try {
      var signature = Signature.getInstance(scheme.jcaName());
      signature.initSign(privateKey);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new KeyManagerException("key \"" + id + "\" did not sign with " + scheme, e);
    }
  }

  /// The private half, for the key manager that has to write it down.
  PrivateKey revealPrivateKey() {
    return privateKey;
  }

  @Override
  public String toString() {
    return id;
  }
}
