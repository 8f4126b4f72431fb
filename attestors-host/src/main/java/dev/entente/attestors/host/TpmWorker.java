package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.Causes;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The one thread that talks to a TPM for one attestation.
///
/// Whoever reads from a device cannot be interrupted, so that a caller stops waiting instead. What
/// was begun goes on, and what has to be let go of follows it on the same thread.
final class TpmWorker {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("tpm").factory());

  /// Waits for `work`, at most that long.
  ///
  /// @throws AttestationFault if it failed, or is not done
  <T> T call(Duration limit, Callable<T> work) throws AttestationFault, InterruptedException {
    var done = thread.submit(work);
    try {
      return done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new AttestationFault("the TPM was not done within " + limit, e);
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new AttestationFault("the TPM was of no help: " + Causes.of(cause), cause);
    }
  }

  /// Has `last` done after everything that was begun. Does not wait; the second time does nothing.
  void end(Runnable last) {
    if (!thread.isShutdown()) {
      thread.execute(last);
      thread.shutdown();
    }
  }
}
