package dev.entente.runtime;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// How many frames that ask nothing a peer may send in ten seconds: after one too many its
/// connection ends.
///
/// Belongs to the connection's event loop.
final class FrameBudget {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int framesMax;
  private final LongSupplier nanoTime;
  private int frames;
  private long windowBegan;

  /// @param nanoTime as [System#nanoTime]
  FrameBudget(int framesMax, LongSupplier nanoTime) {
    this.framesMax = framesMax;
    this.nanoTime = nanoTime;
    this.windowBegan = nanoTime.getAsLong();
  }

  /// So many of those that were spent do not count.
  void earn(int frames) {
    this.frames = Math.max(0, this.frames - frames);
  }

  /// One more came.
  ///
  /// @throws Http2Exception that ends the connection, if it is one too many
  void spend() throws Http2Exception {
    if (++frames > framesMax) {
      var now = nanoTime.getAsLong();
      if (now - windowBegan < WINDOW_NANOS) {
        throw Http2Exception.connectionError(
            Http2Error.ENHANCE_YOUR_CALM, "%d frames that ask nothing", frames);
      }
      windowBegan = now;
      frames = 1;
    }
  }
}
