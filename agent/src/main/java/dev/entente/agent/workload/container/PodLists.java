package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Shares the kubelet's list of pods among all who ask: one request at a time, their starts at
/// least so far apart, and in between what was last told. Blocks; any thread may call.
final class PodLists {
  private final Source source;
  private final long intervalNanos;
  private final LongSupplier nanoTime;

  // Guarded by this object.
  private Listed last = new Listed(0, List.of());
  private Optional<CompletableFuture<Listed>> underWay = Optional.empty();
  private long nextStartNanos;

  PodLists(Source source, Duration interval) {
    this(source, interval, System::nanoTime);
  }

  PodLists(Source source, Duration interval, LongSupplier nanoTime) {
    this.source = source;
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
    this.nextStartNanos = nanoTime.getAsLong();
  }

  /// Asks the kubelet; blocks for a bounded time.
  interface Source {
    List<Pod> fetch() throws AttestationFault, InterruptedException;
  }

  /// @param version of two lists, the one that was asked for later has the higher number; 0 is
  ///   before all
  record Listed(long version, List<Pod> pods) {
    Listed {
      pods = List.copyOf(pods);
    }
  }

  /// A list newer than `version`: the last one if that is fresh, else the next.
  ///
  /// @throws AttestationFault if the kubelet did not give one
  Listed newerThan(long version) throws AttestationFault, InterruptedException {
    while (true) {
      switch (turn(version)) {
        case Turn.Take(var listed) -> {
          return listed;
        }
        case Turn.Join(var answer) -> {
          return await(answer);
        }
        case Turn.Fetch(var answer) -> {
          fetch(answer);
          return await(answer);
        }
        case Turn.Pause(var nanos) -> TimeUnit.NANOSECONDS.sleep(nanos);
      }
    }
  }

  private synchronized Turn turn(long version) {
    long pauseNanos = nextStartNanos - nanoTime.getAsLong();
    if (last.version() > version && pauseNanos > 0) {
      return new Turn.Take(last);
    }
    if (underWay.isPresent()) {
      return new Turn.Join(underWay.get());
    }
    if (pauseNanos > 0) {
      return new Turn.Pause(pauseNanos);
    }
    nextStartNanos = nanoTime.getAsLong() + intervalNanos;
    var answer = new CompletableFuture<Listed>();
    underWay = Optional.of(answer);
    return new Turn.Fetch(answer);
  }

  /// Fetches on this thread, and tells all who wait, whatever comes of it.
  private void fetch(CompletableFuture<Listed> answer) throws InterruptedException {
    Exception failure = new AttestationFault("the list of pods was not fetched");
    try {
      succeed(answer, source.fetch());
      return;
    } catch (AttestationFault e) {
      failure = e;
    } finally {
      fail(answer, failure);
    }
  }

  private synchronized void succeed(CompletableFuture<Listed> answer, List<Pod> pods) {
    last = new Listed(last.version() + 1, pods);
    underWay = Optional.empty();
    answer.complete(last);
  }

  /// No effect on an answer that was given.
  private synchronized void fail(CompletableFuture<Listed> answer, Exception failure) {
    if (answer.completeExceptionally(failure)) {
      underWay = Optional.empty();
    }
  }

  private static Listed await(CompletableFuture<Listed> answer)
      throws AttestationFault, InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      var cause = Objects.requireNonNullElse(e.getCause(), e);
      throw new AttestationFault(String.valueOf(cause.getMessage()), cause);
    }
  }

  /// What one who asks has to do.
  private sealed interface Turn {
    /// Take what is there.
    record Take(Listed listed) implements Turn {}

    /// Wait for what another fetches.
    record Join(CompletableFuture<Listed> answer) implements Turn {}

    /// Fetch for all.
    record Fetch(CompletableFuture<Listed> answer) implements Turn {}

    /// Try again later.
    record Pause(long nanos) implements Turn {}
  }
}
