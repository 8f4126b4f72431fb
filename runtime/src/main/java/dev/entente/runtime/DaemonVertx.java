package dev.entente.runtime;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;

/// The Vert.x that a broker or an agent runs on.
public final class DaemonVertx {
  /// For the few things of Vert.x that block for a moment: scraping figures, verifying a chain
  /// again; and, in a pool of its own, making TLS contexts. What blocks for longer has threads of
  /// its own.
  ///
  /// Such a pool starts a thread for each task until it is full, however idle the others are, and
  /// none of them ends: with twenty in each, Vert.x' default, a process grows for many minutes.
  private static final int BLOCKING_THREADS = 4;

  private DaemonVertx() {}

  /// Native transport, and pools that are soon full.
  public static VertxOptions options() {
    return new VertxOptions()
        .setPreferNativeTransport(true)
        .setWorkerPoolSize(BLOCKING_THREADS)
        .setInternalBlockingPoolSize(BLOCKING_THREADS);
  }

  /// Does `work` on each event loop, soon, and starts those that were not needed so far.
  public static void onEventLoops(Vertx vertx, Runnable work) {
    ((VertxInternal) vertx).nettyEventLoopGroup().forEach(loop -> loop.execute(work));
  }
}
