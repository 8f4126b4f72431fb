package dev.entente.runtime;

import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/// How fast newcomers of an address come in behind which strangers were cut off.
///
/// Who shows no certificate is nobody who could be kept waiting ([Restraint]), and comes back with
/// each burst at the price of a handshake, which we pay as well. So after the third end in a row
/// the newcomers of that address take turns of [#TURN], before a byte of them is read. That is for
/// all who are behind it, since before the handshake nobody knows who is who. But a turn is spent
/// by strangers only: who then proves an identity gives it back ([#giveBack]), so that agents wait
/// for those strangers that stand between them, not for each other.
///
/// Where nobody is asked for a certificate nobody could give a turn back, so there are none.
///
/// A minute without an end, and all is forgotten. Any thread.
final class AddressPace {
  /// So many bursts a second are seen by fewer than one in a hundred calls of a neighbour.
  static final Duration TURN = Duration.ofMillis(500);

  /// A client with a mistake fails fast a few times before its neighbours feel it.
  static final int ENDS_FREE = 2;

  static final Duration FORGIVEN_AFTER = Duration.ofMinutes(1);

  /// The one that was quiet for longest gives way to a new one.
  static final int ADDRESSES_MAX = 1024;

  private final LongSupplier nanoTime;

  // Guarded by this object.
  private final Map<String, Ends> byAddress = new Newest<>(ADDRESSES_MAX);

  /// @param turnNanos when the next turn begins
  private record Ends(int count, long lastNanos, long turnNanos) {}

  AddressPace(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /// A connection from that address whose peer had shown no certificate was ended for what it sent.
  synchronized void ended(String address) {
    long now = nanoTime.getAsLong();
    var before = byAddress.get(address);
    byAddress.put(
        address,
        before == null || isForgiven(before, now)
            ? new Ends(1, now, now)
            : new Ends(Math.min(before.count + 1, ENDS_FREE + 1), now, before.turnNanos));
  }

  /// Takes a turn for a newcomer of that address: zero if it comes in now, as almost everybody
  /// does; else none was taken, and this is how long there is none.
  synchronized Duration take(String address) {
    long now = nanoTime.getAsLong();
    var ends = byAddress.get(address);
    if (ends == null || ends.count <= ENDS_FREE || isForgiven(ends, now)) {
      return Duration.ZERO;
    }
    long left = ends.turnNanos - now;
    if (left > 0) {
      return Duration.ofNanos(left);
    }
    byAddress.put(address, new Ends(ends.count, ends.lastNanos, now + TURN.toNanos()));
    return Duration.ZERO;
  }

  /// Who took the last turn of that address is no stranger: the next one begins now. False if there
  /// are no turns.
  synchronized boolean giveBack(String address) {
    long now = nanoTime.getAsLong();
    var ends = byAddress.get(address);
    if (ends == null || ends.count <= ENDS_FREE) {
      return false;
    }
    byAddress.put(address, new Ends(ends.count, ends.lastNanos, now));
    return true;
  }

  private static boolean isForgiven(Ends ends, long now) {
    return now - ends.lastNanos >= FORGIVEN_AFTER.toNanos();
  }
}
