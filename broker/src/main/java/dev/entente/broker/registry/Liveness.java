package dev.entente.broker.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Knows how old the view is, and whether this process was stopped meanwhile.
///
/// A process that was paused, or a machine that slept, wakes with a view that may be long out of
/// date and no sense of it. So a gap between ticks, on either clock, counts until the change feed
/// has been read once more. Any thread may ask.
final class Liveness {
  /// Ten ticks; a collector's pause or a busy machine stays well below.
  private static final Duration GAP = Duration.ofSeconds(10);

  private final Duration maxViewAge;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /// All guarded by this.
  private long tickNanos;

  private Instant tickTime;
  private long readNanos;
  private boolean everRead;
  private boolean paused;
  private long pausedNanos;
  private long pauses;

  Liveness(Duration maxViewAge, InstantSource clock, LongSupplier nanoTime) {
    this.maxViewAge = maxViewAge;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.tickNanos = nanoTime.getAsLong();
    this.pausedNanos = tickNanos;
    this.tickTime = clock.instant();
  }

  /// The monotonic moment at which a reading is about to start.
  long startReading() {
    return nanoTime.getAsLong();
  }

  /// A reading that started at `startNanos` succeeded.
  synchronized void read(long startNanos) {
    notePause();
    if (startNanos - pausedNanos >= 0) {
      paused = false;
    }
    readNanos = startNanos;
    everRead = true;
  }

  /// The registry's thread is alive. Says whether it was away for long.
  synchronized boolean tick() {
    notePause();
    return paused;
  }

  /// Why requests cannot be answered from the view now, if so.
  synchronized Optional<String> objection() {
    if (!everRead) {
      return Optional.of("the registry has not been loaded yet");
    }
    var pause = pauseObjection();
    if (pause.isPresent()) {
      return pause;
    }
    var age = age();
    return age.compareTo(maxViewAge) > 0
        ? Optional.of(
            "the store was last read "
                + age.toSeconds()
                + " s ago, at most "
                + maxViewAge.toSeconds()
                + " s allowed")
        : Optional.empty();
  }

  /// Why nothing may be signed, if it is for a pause.
  synchronized Optional<String> pauseObjection() {
    notePause();
    return paused
        ? Optional.of("this process was paused and has not looked at the store since")
        : Optional.empty();
  }

  /// How often this process was away.
  synchronized long pauses() {
    notePause();
    return pauses;
  }

  synchronized Duration age() {
    return Duration.ofNanos(nanoTime.getAsLong() - readNanos);
  }

  /// Every look at the clocks counts as a sign of life.
  private void notePause() {
    var nanos = nanoTime.getAsLong();
    var time = clock.instant();
    if (nanos - tickNanos > GAP.toNanos() || Duration.between(tickTime, time).compareTo(GAP) > 0) {
      paused = true;
      pausedNanos = nanos;
      pauses++;
    }
    tickNanos = nanos;
    tickTime = time;
  }
}
