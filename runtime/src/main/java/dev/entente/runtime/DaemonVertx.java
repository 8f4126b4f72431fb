package dev.entente.runtime;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxInternal;

/// The Vert.x that a broker, an agent or a command runs on.
///
/// It keeps nothing in the directory for temporary files, where Vert.x would make one of its own
/// that a killed process leaves behind, and without which it would not start.
public final class DaemonVertx {
  /// For the few things of Vert.x that block for a moment: scraping figures, verifying a chain
  /// again, parsing a partner's bundle; and, in a pool of its own, making TLS contexts. What blocks
  /// for longer has threads of its own.
  ///
  /// Such a pool starts a thread for each task until it is full, however idle the others are, and
  /// none of them ends: with twenty in each, Vert.x' default, a process grows for many minutes.
  private static final int BLOCKING_THREADS = 4;

  private DaemonVertx() {}

  /// Native transport, and pools that are soon full.
  public static VertxOptions options() {
    return sized(BLOCKING_THREADS);
  }

  /// For a program that lives for a moment or plays a small part: one loop and one thread of each
  /// pool, none of which keeps it alive.
  public static VertxOptions commandOptions() {
    return sized(1).setEventLoopPoolSize(1).setUseDaemonThread(true);
  }

  private static VertxOptions sized(int blockingThreads) {
    return new VertxOptions()
        .setPreferNativeTransport(true)
        .setWorkerPoolSize(blockingThreads)
        .setInternalBlockingPoolSize(blockingThreads)
        .setFileSystemOptions(
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false));
  }

  /// Does `work` on each event loop, soon, and starts those that were not needed so far.
  public static void onEventLoops(Vertx vertx, Runnable work) {
    ((VertxInternal) vertx).nettyEventLoopGroup().forEach(loop -> loop.execute(work));
  }
}
