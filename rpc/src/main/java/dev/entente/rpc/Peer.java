package dev.entente.rpc;

/// Who is at the other end of a connection, as the kernel or the TLS handshake says.
public sealed interface Peer permits LocalPeer, TlsPeer {}
