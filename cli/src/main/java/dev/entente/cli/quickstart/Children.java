package dev.entente.cli.quickstart;

import java.nio.file.Path;
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

  /// Guarded by this: a process started after the end would outlive us.
  private boolean ended;

  /// Starts `command` with everything it says in `log`.
  synchronized Child start(String name, Path log, List<String> command) {
    refuseAfterTheEnd(name);
    return add(Child.start(name, log, command));
  }

  /// Starts `command`, to talk with; only what it complains of is in `log`.
  synchronized Child startTalking(String name, Path log, List<String> command) {
    refuseAfterTheEnd(name);
    return add(Child.startTalking(name, log, command));
  }

  private void refuseAfterTheEnd(String name) {
    if (ended) {
      throw new QuickstartException(name + " not started: the quickstart ends");
    }
  }

  private Child add(Child child) {
    started.add(child);
    return child;
  }

  synchronized List<Child> all() {
    return List.copyOf(started);
  }

  /// Ends every process; further calls do nothing.
  synchronized void stop() {
    ended = true;
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
