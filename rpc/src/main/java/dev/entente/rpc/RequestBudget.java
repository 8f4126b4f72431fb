package dev.entente.rpc;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Bounds what the requests of one peer occupy together while they arrive and are answered.
///
/// The limit of a message bounds one call, but a peer may open a thousand calls on a connection,
/// send most of a message on each, and wait. Local peers share by user, because connections cost
/// them nothing; others have a share for each connection. One for each listener; any thread.
final class RequestBudget {
  /// For whoever may be anybody: four of the largest messages. Ordinary ones have a few kilobytes.
  static final int STRANGER_BYTES_MAX = 16 << 20;

  /// For a peer that showed a certificate: an agent may have hundreds of large batches under way.
  static final int KNOWN_BYTES_MAX = 64 << 20;

  /// Kept for as long as the listener: one small object for each user of this machine.
  private final Map<Integer, Share> byUser = new ConcurrentHashMap<>();

  /// The share of the peer of a new connection.
  Share shareOf(Peer peer) {
    return switch (peer) {
      case LocalPeer local ->
          byUser.computeIfAbsent(local.uid(), _ -> new Share(STRANGER_BYTES_MAX));
      case TlsPeer tls -> new Share(tls.isAuthenticated() ? KNOWN_BYTES_MAX : STRANGER_BYTES_MAX);
    };
  }

  /// What one peer may take, and has to give back.
  static final class Share {
    private final int bytesMax;
    private final AtomicInteger bytesTaken = new AtomicInteger();

    private Share(int bytesMax) {
      this.bytesMax = bytesMax;
    }

    /// Takes `bytes`; false, and nothing taken, if that is more than is left.
    boolean take(int bytes) {
      if (bytesTaken.addAndGet(bytes) <= bytesMax) {
        return true;
      }
      bytesTaken.addAndGet(-bytes);
      return false;
    }

    void giveBack(int bytes) {
      bytesTaken.addAndGet(-bytes);
    }
  }
}
