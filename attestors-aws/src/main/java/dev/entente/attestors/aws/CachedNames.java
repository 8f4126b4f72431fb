package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// A set of names that is kept elsewhere, and asked for more often than it may be fetched.
///
/// It is fetched when it is older than its ttl. A name it does not have is looked for in a fresh
/// one, unless it was fetched just now: what was added a moment ago is found, and whoever comes
/// with names that never were cannot have it fetched all the time. A set past its ttl is never
/// used: while it cannot be fetched, there is no answer. Safe for use by many threads.
final class CachedNames {
  /// How often in a ttl a set may be fetched for the sake of a missing name; about SPIRE's.
  private static final int FETCHES_PER_TTL = 6;

  /// Whoever waits longer for another thread's fetch had better come again.
  private static final Duration WAIT_LIMIT = Duration.ofSeconds(10);

  /// Gets the set from where it is kept, within a bounded time.
  @FunctionalInterface
  interface Source {
    Set<String> fetch() throws AttestationFault;
  }

  private record Fetched(Set<String> names, Instant at) {
    /// A clock that was set back makes it old, too.
    boolean isYounger(Duration age, Instant now) {
      return !now.isBefore(at) && now.isBefore(at.plus(age));
    }
  }

  private final Source source;
  private final Duration ttl;
  private final InstantSource clock;
  private final ReentrantLock fetching = new ReentrantLock();

  /// Written under the lock.
  private volatile Fetched last = new Fetched(Set.of(), Instant.MIN);

  CachedNames(Source source, Duration ttl, InstantSource clock) {
    this.source = source;
    this.ttl = ttl;
    this.clock = clock;
  }

  /// Whether the set has that name.
  ///
  /// @throws AttestationFault if the set cannot be fetched
  boolean has(String name) throws AttestationFault {
    var known = last;
    if (known.isYounger(ttl, clock.instant()) && known.names().contains(name)) {
      return true;
    }
    try {
      if (!fetching.tryLock(WAIT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AttestationFault("another fetch went on for " + WAIT_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AttestationFault("interrupted while another fetch went on", e);
    }
    try {
      return youngEnoughFor(name).contains(name);
    } finally {
      fetching.unlock();
    }
  }

  /// The set as it is, or a fresh one; the caller holds the lock.
  private Set<String> youngEnoughFor(String name) throws AttestationFault {
    var now = clock.instant();
    var enough = last.names().contains(name) ? ttl : ttl.dividedBy(FETCHES_PER_TTL);
    if (!last.isYounger(enough, now)) {
      last = new Fetched(Set.copyOf(source.fetch()), now);
    }
    return last.names();
  }
}
