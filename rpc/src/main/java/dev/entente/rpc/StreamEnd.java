package dev.entente.rpc;

/// Why a stream of answers ended.
public enum StreamEnd {
  /// We ended it.
  OURS,
  /// The peer cancelled the call.
  CANCELLED,
  /// The connection went away.
  CONNECTION_LOST,
  /// The caller's deadline, or our time limit, passed.
  DEADLINE
}
