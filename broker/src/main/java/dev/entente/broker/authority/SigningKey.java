package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import java.security.PublicKey;

/// A key pair of a [KeyManager]. The private half never leaves it, and [Object#toString()] is the
/// id.
///
/// Any thread may sign. With a key in memory that takes some ten microseconds for P-256; RSA takes
/// long enough to stay off event loops.
public interface SigningKey {
  /// The name under which the key manager keeps the key, as in `x509-CA-A`.
  String id();

  /// The kind of key.
  KeyAlgorithm algorithm();

  /// The public half.
  PublicKey publicKey();

  /// Signs `message`.
  ///
  /// @throws KeyManagerException if the key cannot sign now, or not in this way
  byte[] sign(SignatureScheme scheme, byte[] message);
}
