package dev.entente.bench;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// What calls of one kind came to. Any thread may count.
final class Tally {
  private static final int DIGITS = 3;

  private final LongAdder operations = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Recorder latency = new Recorder(DIGITS);
  private final AtomicReference<String> firstFault = new AtomicReference<>("");

  /// A call that answered with so many operations done, and so many refused.
  void answered(long done, long notDone, long nanos) {
    operations.add(done);
    refused.add(notDone);
    latency.recordValue(Math.max(1, nanos));
  }

  /// A call that failed.
  void failed(Throwable cause) {
    refused.increment();
    firstFault.compareAndSet("", String.valueOf(cause.getMessage()));
  }

  long operations() {
    return operations.sum();
  }

  /// How long calls took since this was last asked, in nanoseconds.
  Histogram takeLatency() {
    return latency.getIntervalHistogram();
  }

  /// A measurement in which anything was refused measured something else.
  void requireNoRefusal() {
    if (refused.sum() > 0) {
      throw new IllegalStateException(
          refused.sum() + " operations were refused, the first with: " + firstFault.get());
    }
  }
}
