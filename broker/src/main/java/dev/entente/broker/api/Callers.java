package dev.entente.broker.api;

import dev.entente.rpc.CallContext;
import dev.entente.rpc.LocalPeer;
import dev.entente.rpc.Peer;
import dev.entente.rpc.TlsPeer;
import dev.entente.spiffe.X509Svid;
import io.vertx.core.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Reads who a peer is, once a connection.
///
/// The certificate was verified in the handshake; here only the names in it are read. Any thread
/// may call.
final class Callers {
  /// By connection; an entry goes when its connection does.
  private final Map<Long, Caller> byConnection = new ConcurrentHashMap<>();

  /// Who makes this call.
  Caller of(CallContext call) {
    var known = byConnection.get(call.connectionId());
    if (known != null) {
      return known;
    }
    var caller = read(call.peer());
    if (byConnection.putIfAbsent(call.connectionId(), caller) == null) {
      call.onConnectionClose(() -> byConnection.remove(call.connectionId()));
    }
    return caller;
  }

  /// How many connections are known.
  int size() {
    return byConnection.size();
  }

  static Caller read(Peer peer) {
    return switch (peer) {
      case LocalPeer local -> new Caller.Local(local.pid(), local.uid(), local.gid());
      case TlsPeer tls when !tls.isAuthenticated() -> new Caller.Anonymous(host(tls.address()));
      case TlsPeer tls -> identified(tls);
    };
  }

  private static Caller identified(TlsPeer peer) {
    var svid = X509Svid.of(peer.chain());
    return new Caller.Identified(
        svid.id(), svid.leaf().getSerialNumber(), svid.notAfter(), host(peer.address()));
  }

  private static String host(SocketAddress address) {
    var numeric = address.hostAddress();
    return numeric == null ? String.valueOf(address.host()) : numeric;
  }
}
