package dev.entente.runtime;

import dev.entente.runtime.ConnectionGate.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Counts the connections of one listener by peer. Any thread.
final class ConnectionPlaces {
  private final ConnectionLimits limits;

  // Guarded by this object. A peer without connections has no entry.
  private final Map<String, Integer> byPeer = new HashMap<>();
  private int taken;
  private int anonymous;

  ConnectionPlaces(ConnectionLimits limits) {
    this.limits = limits;
  }

  /// Takes a place for a new connection; empty if there was one.
  synchronized Optional<Reason> take(String peer) {
    if (taken >= limits.connectionsMax()) {
      return Optional.of(Reason.LISTENER_FULL);
    }
    if (isFull(peer)) {
      return Optional.of(Reason.PEER_FULL);
    }
    add(peer, 1);
    taken++;
    return Optional.empty();
  }

  /// Counts a connection for another peer from now on; if that one has no place left, nothing
  /// changes.
  synchronized Optional<Reason> move(String from, String to) {
    if (isFull(to)) {
      return Optional.of(Reason.PEER_FULL);
    }
    add(from, -1);
    add(to, 1);
    return Optional.empty();
  }

  /// Counts a connection among the anonymous; if these have no place left, nothing changes.
  synchronized Optional<Reason> stayAnonymous() {
    if (anonymous >= limits.anonymousMax()) {
      return Optional.of(Reason.ANONYMOUS_FULL);
    }
    anonymous++;
    return Optional.empty();
  }

  synchronized void release(String peer, boolean wasAnonymous) {
    add(peer, -1);
    taken--;
    anonymous -= wasAnonymous ? 1 : 0;
  }

  synchronized int taken() {
    return taken;
  }

  private boolean isFull(String peer) {
    return byPeer.getOrDefault(peer, 0) >= limits.perPeerMax();
  }

  private void add(String peer, int change) {
    byPeer.merge(peer, change, ConnectionPlaces::sum);
  }

  private static @Nullable Integer sum(int had, int more) {
    return had + more == 0 ? null : had + more;
  }
}
