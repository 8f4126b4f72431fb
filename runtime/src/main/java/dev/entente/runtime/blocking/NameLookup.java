package dev.entente.runtime.blocking;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Looks up addresses of host names, for no longer than the caller wants to wait. Any thread may
/// call.
///
/// The C library's look-up heeds neither a limit nor an interrupt and pins a virtual thread's
/// carrier. So it runs on a few platform threads of its own: a name server that hangs stops no more
/// than these. Threads that have nothing to do end.
public final class NameLookup {
  private static final int THREADS = 8;
  private static final int QUEUED = 128;
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE.toMillis(),
          TimeUnit.MILLISECONDS,
          new LinkedBlockingQueue<>(QUEUED),
          Thread.ofPlatform().daemon().name("name-lookup-", 0).factory());

  /// Starts no thread yet.
  public NameLookup() {
    threads.allowCoreThreadTimeOut(true);
  }

  /// The addresses of `host`, at least one.
  ///
  /// @throws IOException if there is none, or no answer in time
  public List<InetAddress> resolve(String host, TimeLimit limit)
      throws IOException, InterruptedException {
    try {
      var answer = threads.submit(() -> List.of(InetAddress.getAllByName(host)));
      try {
        return answer.get(limit.leftMillis(), TimeUnit.MILLISECONDS);
      } finally {
        answer.cancel(true);
      }
    } catch (ExecutionException e) {
      throw new IOException("no address of \"" + host + "\"", e.getCause());
    } catch (TimeoutException e) {
      throw limit.passed();
    } catch (RejectedExecutionException e) {
      throw new IOException("too many names to look up", e);
    }
  }
}
