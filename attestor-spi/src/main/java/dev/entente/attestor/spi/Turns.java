package dev.entente.attestor.spi;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Lets few calls to a cloud run at once; more wait for their turn, in the order they came. Safe
/// for use by many threads.
public final class Turns {
  /// A cloud throttles an account long before this hurts anybody.
  private static final int AT_ONCE = 32;

  /// The rest of an attestation's time is for the call itself.
  private static final Duration WAIT_LIMIT = Duration.ofSeconds(10);

  private final String cloud;
  private final Duration waitLimit;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);

  /// @param cloud its name, for messages
  public Turns(String cloud) {
    this(cloud, WAIT_LIMIT);
  }

  Turns(String cloud, Duration waitLimit) {
    this.cloud = cloud;
    this.waitLimit = waitLimit;
  }

  /// A call to a cloud.
  @FunctionalInterface
  public interface Call<T> {
    T run() throws AttestationFault;
  }

  /// Makes the call.
  ///
  /// @param undone what is not done if there is no turn, for the message
  /// @throws AttestationFault if there is no turn in time, or as the call throws it
  public <T> T take(String undone, Call<T> call) throws AttestationFault {
    try {
      if (!turns.tryAcquire(waitLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AttestationFault(
            undone + ": " + AT_ONCE + " calls to " + cloud + " went on for " + waitLimit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AttestationFault(undone + ": interrupted", e);
    }
    try {
      return call.run();
    } finally {
      turns.release();
    }
  }
}
