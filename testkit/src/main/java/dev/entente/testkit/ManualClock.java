package dev.entente.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that moves when it is told to. Any thread may read and move it.
public final class ManualClock implements InstantSource {
  private final AtomicReference<Instant> now;

  private ManualClock(Instant start) {
    this.now = new AtomicReference<>(start);
  }

  /// A clock that stands at `start`.
  public static ManualClock at(Instant start) {
    return new ManualClock(start);
  }

  /// A clock that stands at the present second.
  public static ManualClock atPresent() {
    return at(Instant.ofEpochSecond(InstantSource.system().instant().getEpochSecond()));
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  /// Moves forward, or back if the duration is negative.
  public void advance(Duration by) {
    now.updateAndGet(instant -> instant.plus(by));
  }

  /// Jumps to `instant`, in either direction.
  public void set(Instant instant) {
    now.set(instant);
  }
}
