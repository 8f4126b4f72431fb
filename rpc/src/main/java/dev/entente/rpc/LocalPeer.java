package dev.entente.rpc;

/// A process on this machine, connected through a Unix socket.
///
/// The numbers are those of the process that called `connect`. A descriptor it passes on keeps
/// them.
///
/// @param pid in our pid namespace; 0 if the process is in one we cannot see
/// @param uid effective user id at the time of `connect`
/// @param gid effective group id at the time of `connect`
/// @param process whether that very process still runs, pid reuse excluded
public record LocalPeer(int pid, int uid, int gid, PeerProcess process) implements Peer {}
