package dev.entente.agent.endpoint;

import dev.entente.agent.workload.Caller;
import dev.entente.agent.workload.CallerSession;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.LocalPeer;
import io.vertx.core.Future;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The session of each open connection.
final class CallerSessions {
  private final WorkloadAttestation attestation;
  private final ConcurrentMap<Long, CallerSession> byConnection = new ConcurrentHashMap<>();

  CallerSessions(WorkloadAttestation attestation) {
    this.attestation = attestation;
  }

  /// The session of the connection `call` came on; use it on the call's event loop.
  CallerSession of(CallContext call) {
    var known = byConnection.get(call.connectionId());
    if (known != null) {
      return known;
    }
    var session = new CallerSession(attestation, new Connected(peer(call)));
    byConnection.put(call.connectionId(), session);
    call.onConnectionClose(() -> byConnection.remove(call.connectionId()));
    return session;
  }

  /// What the caller of `call` has been found to be; fails with the status to answer otherwise.
  Future<Set<Selector>> selectors(CallContext call) {
    return of(call).attest().compose(Subject::selectors);
  }

  /// The process that made the connection.
  static LocalPeer peer(CallContext call) {
    if (call.peer() instanceof LocalPeer peer) {
      return peer;
    }
    throw new IllegalStateException("Workload API call that came through no Unix socket");
  }

  int size() {
    return byConnection.size();
  }

  private record Connected(LocalPeer peer) implements Caller {
    @Override
    public Workload workload() {
      return new Workload(peer.pid(), peer.uid(), peer.gid());
    }

    @Override
    public boolean isAlive() {
      return peer.process().isAlive();
    }
  }
}
