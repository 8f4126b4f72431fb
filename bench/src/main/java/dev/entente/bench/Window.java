package dev.entente.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a process did in one stretch of time.
///
/// @param operations how many it answered
/// @param cpu processor time it used, user and system
/// @param wall how long that took
record Window(long operations, Duration cpu, Duration wall) {
  private static final double NANOS = 1e9;

  /// Operations a second of one core would do.
  double perCpuSecond() {
    return operations * NANOS / cpu.toNanos();
  }

  double perSecond() {
    return operations * NANOS / wall.toNanos();
  }

  /// Measures so many windows of one length, one after the other.
  static List<Window> measure(long pid, Tally tally, Duration length, int repeats) {
    List<Window> windows = new ArrayList<>();
    for (var i = 0; i < repeats; i++) {
      var operations = tally.operations();
      var cpu = ProcessFigures.cpu(pid);
      var began = System.nanoTime();
      Pause.of(length);
      windows.add(
          new Window(
              tally.operations() - operations,
              ProcessFigures.cpu(pid).minus(cpu),
              Duration.ofNanos(System.nanoTime() - began)));
      tally.requireNoRefusal();
    }
    return windows;
  }
}
