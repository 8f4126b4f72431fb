package dev.entente.rpc;

/// A watch on one process, immune to its pid being given to another.
public interface PeerProcess {
  /// Whether the process still runs; one that ended and was not reaped yet does not.
  boolean isAlive();
}
