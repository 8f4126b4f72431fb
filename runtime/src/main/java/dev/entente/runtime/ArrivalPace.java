package dev.entente.runtime;

import java.time.Duration;

/// How fast a listener takes in newcomers.
///
/// A thousand connections that come together are a thousand handshakes on the event loops that
/// serve those who are there already, whose calls would wait behind all of them. So only a few
/// newcomers are under way at a time, the addresses in turn. One counts until it is established or
/// gone, and never for long: who is slow, far away or silent holds nobody up, and many who are
/// silent hold up their own address.
///
/// @param atOnce newcomers that may be under way before the others have to wait
/// @param countsFor how long one counts at most
record ArrivalPace(int atOnce, Duration countsFor) {
  /// A handshake keeps a core busy for a millisecond or so, on both sides of the event loop: this
  /// many are what a call may have to wait for.
  private static final int AT_ONCE_PER_CORE = 8;

  /// From afar a handshake takes as long as two ways through the network, and no processor time
  /// meanwhile. With this each core still takes in 160 a second of those who are silent.
  private static final Duration COUNTS_FOR = Duration.ofMillis(50);

  ArrivalPace {
    if (atOnce < 1 || !countsFor.isPositive()) {
      throw new IllegalArgumentException("a pace that lets nobody in");
    }
  }

  /// The pace for handshakes on this machine.
  static ArrivalPace ofHandshakes() {
    return new ArrivalPace(
        AT_ONCE_PER_CORE * Runtime.getRuntime().availableProcessors(), COUNTS_FOR);
  }
}
