package dev.entente.runtime;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Decides which of many like events gets a log line, so that a flood of them is no flood of lines.
/// Any thread.
public final class OccasionalLog {
  private final long intervalNanos;
  private final LongSupplier nanoTime;

  // Guarded by this object.
  private long lastLine;
  private long unsaid;

  /// At most one line each `interval`.
  public OccasionalLog(Duration interval) {
    this(interval, System::nanoTime);
  }

  OccasionalLog(Duration interval, LongSupplier nanoTime) {
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
    this.lastLine = nanoTime.getAsLong() - intervalNanos;
  }

  /// Counts an event. If a line is due, says for how many events it stands, this one included; else
  /// 0: write nothing.
  public synchronized long count() {
    unsaid++;
    long now = nanoTime.getAsLong();
    if (now - lastLine < intervalNanos) {
      return 0;
    }
    lastLine = now;
    long said = unsaid;
    unsaid = 0;
    return said;
  }
}
