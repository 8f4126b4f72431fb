package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/// Keeps keys in this process and forgets them with it.
public final class MemoryKeyManager implements KeyManager {
  private final ConcurrentSkipListMap<String, SigningKey> keys = new ConcurrentSkipListMap<>();

  @Override
  public SigningKey generate(String keyId, KeyAlgorithm algorithm) {
    var key = new SoftwareKey(KeyIds.require(keyId), algorithm, algorithm.generate());
    keys.put(keyId, key);
    return key;
  }

  @Override
  public Optional<SigningKey> find(String keyId) {
    return Optional.ofNullable(keys.get(keyId));
  }

  @Override
  public void delete(String keyId) {
    keys.remove(keyId);
  }

  @Override
  public List<SigningKey> list() {
    return List.copyOf(keys.values());
  }

  @Override
  public boolean survivesRestart() {
    return false;
  }
}
