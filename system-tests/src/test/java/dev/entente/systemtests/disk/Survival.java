package dev.entente.systemtests.disk;

import java.util.random.RandomGenerator;

/// Which unflushed changes are on the disk after a crash all the same.
@FunctionalInterface
public interface Survival {
  /// Asked once for every sector and for every name.
  boolean survives();

  /// The least a disk may keep: nothing.
  static Survival none() {
    return () -> false;
  }

  /// All of it, as after SIGKILL.
  static Survival all() {
    return () -> true;
  }

  /// Each with that probability, in no order: as of a disk that wrote some of it already.
  static Survival some(RandomGenerator random, double probability) {
    return () -> random.nextDouble() < probability;
  }
}
