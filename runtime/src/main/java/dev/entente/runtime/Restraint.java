package dev.entente.runtime;

import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/// How long nothing is read from the next connection of a peer, because an earlier one was ended
/// for what it sent.
///
/// To end a connection costs a peer nothing: it opens another one, and spends what this one may do
/// again. So each end doubles the wait, from a twentieth of a second, which nobody notices who made
/// flooded by mistake, to eight seconds. A minute without an end, and all is forgotten.
///
/// Who speaks HTTP/2 wrongly costs little more than a connection, and is told at once what is wrong
/// with it: only those whom that does not stop have to wait.
///
/// Any thread.
final class Restraint {
  static final Duration FIRST = Duration.ofMillis(50);
  static final Duration LONGEST = Duration.ofSeconds(8);
  static final Duration FORGIVEN_AFTER = Duration.ofMinutes(1);

  /// The one that was quiet for longest gives way to a new one.
  static final int PEERS_MAX = 1024;

  private final LongSupplier nanoTime;

  // Guarded by this object.
  private final Map<String, Ends> byPeer = new Newest<>(PEERS_MAX);

  /// Why a connection was ended.
  enum Cause {
    /// It kept us busy without asking anything.
    FLOOD(FIRST),
    /// What came was no HTTP/2, or more header fields than are taken.
    MISTAKE(Duration.ZERO);

    private final Duration firstWait;

    Cause(Duration firstWait) {
      this.firstWait = firstWait;
    }
  }

  private record Ends(Duration pause, long lastNanos) {}

  Restraint() {
    this(System::nanoTime);
  }

  Restraint(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /// A connection of that peer was ended for what it sent.
  synchronized void ended(String peer, Cause cause) {
    long now = nanoTime.getAsLong();
    var before = byPeer.get(peer);
    var wait =
        before == null || isForgiven(before, now) ? cause.firstWait : longerThan(before.pause());
    byPeer.put(peer, new Ends(wait, now));
  }

  /// How long a connection of that peer has to wait from now on; zero for almost everybody.
  synchronized Duration of(String peer) {
    var ends = byPeer.get(peer);
    if (ends == null) {
      return Duration.ZERO;
    }
    var left = ends.pause().minusNanos(nanoTime.getAsLong() - ends.lastNanos());
    return left.isPositive() ? left : Duration.ZERO;
  }

  private static boolean isForgiven(Ends ends, long now) {
    return now - ends.lastNanos() >= FORGIVEN_AFTER.toNanos();
  }

  private static Duration longerThan(Duration wait) {
    var twice = wait.isZero() ? FIRST : wait.multipliedBy(2);
    return twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
  }
}
