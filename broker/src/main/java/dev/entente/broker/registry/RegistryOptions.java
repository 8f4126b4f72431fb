package dev.entente.broker.registry;

import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// How a registry keeps itself current.
///
/// @param trustDomain our own
/// @param maxViewAge how long requests are answered when the store cannot be read
/// @param pollInterval how often the change feed is read without a notice
/// @param checksumInterval how often view and store are compared in full
/// @param clock wall clock, to notice that the machine slept
/// @param nanoTime monotonic clock, as [System#nanoTime]
public record RegistryOptions(
    TrustDomain trustDomain,
    Duration maxViewAge,
    Duration pollInterval,
    Duration checksumInterval,
    InstantSource clock,
    LongSupplier nanoTime) {
  /// An hour without the store.
  public static final Duration DEFAULT_MAX_VIEW_AGE = Duration.ofHours(1);

  /// Covers a lost notice soon enough for agents that poll each five seconds themselves.
  private static final Duration DEFAULT_POLL = Duration.ofSeconds(5);

  /// A full read of a million entries takes seconds of one core, so not often.
  private static final Duration DEFAULT_CHECKSUM = Duration.ofMinutes(10);

  /// The usual intervals and clocks.
  public static RegistryOptions of(TrustDomain trustDomain, Duration maxViewAge) {
    return new RegistryOptions(
        trustDomain,
        maxViewAge,
        DEFAULT_POLL,
        DEFAULT_CHECKSUM,
        InstantSource.system(),
        System::nanoTime);
  }
}
