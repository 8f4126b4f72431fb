package dev.entente.broker.store;

import io.vertx.core.Future;
import java.util.Map;
import java.util.Optional;

/// Keeps small named values, such as the public halves of audit keys.
public interface Settings {
  Future<Optional<byte[]>> find(String name);

  /// All values whose names start with `prefix`, by name.
  Future<Map<String, byte[]>> startingWith(String prefix);

  /// Sets a value of at most 64 KiB, whatever was there, and says whether that made a difference.
  Future<Written<Boolean>> put(String name, byte[] value);
}
