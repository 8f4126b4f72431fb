package dev.entente.cli.quickstart;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// All processes of one quickstart, ended in the opposite order of their start: workloads, agents,
/// brokers. Any thread may call.
final class Children {
  /// Daemons promise to drain within ten seconds.
  private static final Duration STOP_WITHIN = Duration.ofSeconds(12);

  /// Guarded by this.
  private final List<Child> started = new ArrayList<>();

  synchronized Child add(Child child) {
    started.add(child);
    return child;
  }

  synchronized List<Child> all() {
    return List.copyOf(started);
  }

  /// Ends every process; further calls do nothing.
  synchronized void stop() {
    try {
      for (var child : started.reversed()) {
        child.askToEnd();
      }
      for (var child : started.reversed()) {
        child.awaitEnd(STOP_WITHIN);
      }
      started.clear();
    } catch (InterruptedException _) {
      started.forEach(child -> child.process().destroyForcibly());
      Thread.currentThread().interrupt();
    }
  }
}
