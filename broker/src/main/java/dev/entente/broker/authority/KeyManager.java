package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import java.util.List;
import java.util.Optional;

/// Makes and keeps the private keys of one member.
///
/// Methods may block (a file, later an HSM or a cloud) and may be called from any thread; each is
/// atomic. Failures are [KeyManagerException]s.
public interface KeyManager {
  /// Makes a key under `keyId`, in place of the one that was there. When the method returns, the
  /// key is as durable as this key manager makes keys; when it fails, the old key is still there.
  ///
  /// @param keyId 1 to 64 of `A-Z a-z 0-9 . _ -`, not starting with a dot
  SigningKey generate(String keyId, KeyAlgorithm algorithm);

  /// Finds the key under `keyId`.
  Optional<SigningKey> find(String keyId);

  /// Removes the key under `keyId`; nothing happens if there is none.
  void delete(String keyId);

  /// All keys, sorted by id.
  List<SigningKey> list();

  /// Whether keys survive a restart of the process. If not, every start makes new authorities.
  boolean survivesRestart();
}
