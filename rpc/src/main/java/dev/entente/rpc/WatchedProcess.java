package dev.entente.rpc;

/// A [PeerProcess] that holds something to give back. Once closed it counts as ended.
sealed interface WatchedProcess extends PeerProcess, AutoCloseable permits PidFd, StartTime {
  @Override
  void close();
}
