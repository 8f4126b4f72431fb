package dev.entente.runtime;

import java.util.LinkedHashMap;
import java.util.Map;

/// What is known of some peers; the one that was not looked at for longest gives way to a new one.
final class Newest<V> extends LinkedHashMap<String, V> {
  private final int peersMax;

  Newest(int peersMax) {
    super(16, 0.75f, true);
    this.peersMax = peersMax;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
    return size() > peersMax;
  }
}
