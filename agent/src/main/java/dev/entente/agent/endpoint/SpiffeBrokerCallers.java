package dev.entente.agent.endpoint;

import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.SyncState;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsPeer;
import dev.entente.runtime.Fields;
import dev.entente.runtime.OccasionalLog;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets authorised SPIFFE brokers call, and nobody else, whatever the method: health and reflection
/// too (SPIFFE_Broker_Endpoint §5, §6).
///
/// A connection may outlive what its handshake proved, so the chain is verified again at the first
/// call after it expires or the bundle changes, and [#authorize] is asked before each message of a
/// stream. Any thread may call.
final class SpiffeBrokerCallers implements CallInterceptor {
  /// Whoever may connect can be refused as often as it calls.
  private static final Duration REFUSAL_LINES_APART = Duration.ofSeconds(10);

  private static final SecurityHeader HEADER = new SecurityHeader("broker.spiffe.io", "");

  private static final Logger LOG = LoggerFactory.getLogger(SpiffeBrokerCallers.class);

  private final IdentitySource source;
  private final Set<SpiffeId> authorized;
  private final InstantSource clock;
  private final OccasionalLog refusals = new OccasionalLog(REFUSAL_LINES_APART);
  private final ConcurrentMap<Long, Admission> byConnection = new ConcurrentHashMap<>();

  /// @param source knows the trust domain's own bundle: SPIFFE brokers are of no other
  /// @param authorized who may call
  SpiffeBrokerCallers(IdentitySource source, Set<SpiffeId> authorized, InstantSource clock) {
    this.source = source;
    this.authorized = Set.copyOf(authorized);
    this.clock = clock;
  }

  /// Judges chains in handshakes: everybody's of our own trust domain is let through, so that the
  /// others hear why they are refused.
  X509TrustManager trust() {
    return new SvidTrustManager(domain -> own(source.current()).find(domain), _ -> true, clock);
  }

  @Override
  public Future<Void> before(CallContext call) {
    return HEADER.before(call).compose(_ -> authorize(call));
  }

  /// Fails with the status to answer unless the caller is a SPIFFE broker at this moment.
  Future<Void> authorize(CallContext call) {
    return refusal(call)
        .map(status -> Future.<Void>failedFuture(status.asException()))
        .orElseGet(Future::succeededFuture);
  }

  /// Who calls; only of calls that were let in.
  static SpiffeId id(CallContext call) {
    return peer(call).spiffeId().orElseThrow();
  }

  private Optional<RpcStatus> refusal(CallContext call) {
    var state = source.current();
    var now = clock.instant();
    var known = byConnection.get(call.connectionId());
    return known != null && known.holds(state, now) ? Optional.empty() : judge(call, state, now);
  }

  private Optional<RpcStatus> judge(CallContext call, SyncState state, Instant now) {
    var chain = peer(call).chain();
    if (chain.isEmpty()) {
      return Optional.of(SpiffeBrokerStatuses.NO_CERTIFICATE);
    }
    return switch (X509SvidVerifier.verify(chain, Usage.TLS_CLIENT, own(state), now)) {
      case X509Verdict.Refused(_, var detail) ->
          Optional.of(SpiffeBrokerStatuses.unauthenticated("X509-SVID refused: " + detail));
      case X509Verdict.Verified(var svid) ->
          judge(call, svid.id(), Admission.of(state, chain, now));
    };
  }

  private Optional<RpcStatus> judge(CallContext call, SpiffeId id, Admission admission) {
    if (!authorized.contains(id)) {
      logRefusal(id);
      return Optional.of(SpiffeBrokerStatuses.noBroker(id));
    }
    if (byConnection.put(call.connectionId(), admission) == null) {
      call.onConnectionClose(() -> byConnection.remove(call.connectionId()));
    }
    return Optional.empty();
  }

  private void logRefusal(SpiffeId id) {
    var count = refusals.count();
    if (count > 0) {
      LOG.atWarn()
          .addKeyValue(Fields.SPIFFE_ID, id)
          .addKeyValue(Fields.COUNT, count)
          .log("Caller was refused as it is no authorized SPIFFE broker");
    }
  }

  private static BundleSource own(SyncState state) {
    return BundleSource.of(state.ownBundle());
  }

  private static TlsPeer peer(CallContext call) {
    if (call.peer() instanceof TlsPeer peer) {
      return peer;
    }
    throw new IllegalStateException("SPIFFE Broker API call that came without TLS");
  }

  /// That the caller of a connection was found to be a SPIFFE broker.
  ///
  /// @param revision of the state whose bundle that was found by
  /// @param until when the first certificate of the chain expires, or a minute later at most: an
  ///   authority may end before those it signed
  private record Admission(long revision, Instant until) {
    private static final Duration HOLDS = Duration.ofMinutes(1);

    static Admission of(SyncState state, List<X509Certificate> chain, Instant now) {
      var until =
          chain.stream()
              .map(certificate -> certificate.getNotAfter().toInstant())
              .min(Instant::compareTo)
              .orElseThrow();
      var latest = now.plus(HOLDS);
      return new Admission(state.revision(), until.isBefore(latest) ? until : latest);
    }

    boolean holds(SyncState state, Instant now) {
      return state.revision() == revision && now.isBefore(until);
    }
  }
}
