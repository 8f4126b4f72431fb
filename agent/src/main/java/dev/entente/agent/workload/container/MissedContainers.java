package dev.entente.agent.workload.container;

import dev.entente.runtime.blocking.TimeLimit;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// Remembers for a while which containers were waited for in vain, so that a container the kubelet
/// never lists cannot hold up the attestor's few threads again and again. Any thread may call.
final class MissedContainers {
  private static final Duration REMEMBERED = Duration.ofSeconds(30);

  /// Beyond what a node runs.
  private static final int MAX = 1024;

  // Guarded by this object. The oldest comes first.
  private final Map<String, TimeLimit> byId = new LinkedHashMap<>();

  synchronized boolean isKnown(String containerId) {
    var remembered = byId.get(containerId);
    return remembered != null && remembered.isLeft();
  }

  synchronized void add(String containerId) {
    byId.remove(containerId);
    if (byId.size() >= MAX) {
      byId.remove(byId.keySet().iterator().next());
    }
    byId.put(containerId, TimeLimit.within(REMEMBERED));
  }
}
