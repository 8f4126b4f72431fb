package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.agent.svidcache.Recipient;
import dev.entente.agent.svidcache.Standing;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.AttestationOutcome;
import dev.entente.agent.workload.CallerSession;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcService;
import dev.entente.runtime.OpenStreams;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.agent.delegatedidentity.v1.DelegatedIdentityGrpcService;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsResponse;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// SPIRE's Delegated Identity API: a trusted process acts for other workloads of this node.
///
/// The caller is attested as a workload is, and must have an identity that the operator named. It
/// says by selectors or by pid for whom it acts, and gets what that workload would, but no
/// administrators, no downstream authorities, and nothing that is meant for a secret store.
final class DelegatedIdentity {
  /// Selectors or audiences.
  private static final int REQUEST_BYTES_MAX = 256 << 10;

  private static final CallLimits STREAM = CallLimits.STREAM.withRequestBytesMax(REQUEST_BYTES_MAX);

  /// Above the thirty seconds for which the node retries, so that its reason is what is answered.
  private static final CallLimits UNARY = new CallLimits(REQUEST_BYTES_MAX, Duration.ofSeconds(40));

  private final Vertx vertx;
  private final SvidCache cache;
  private final WorkloadAttestation attestation;
  private final CallerSessions sessions;
  private final DelegateStreams<Integer> streams;
  private final Set<SpiffeId> delegates;

  DelegatedIdentity(
      Vertx vertx,
      SvidCache cache,
      WorkloadAttestation attestation,
      OpenStreams<Integer> openStreams,
      Set<SpiffeId> delegates) {
    this.vertx = vertx;
    this.cache = cache;
    this.attestation = attestation;
    this.sessions = new CallerSessions(attestation);
    this.streams = new DelegateStreams<>(vertx, openStreams);
    this.delegates = Set.copyOf(delegates);
  }

  RpcService service() {
    return RpcService.builder(DelegatedIdentityGrpcService.SERVICE_DESCRIPTOR)
        .serverStream(
            DelegatedIdentityGrpcService.SubscribeToX509SVIDs,
            STREAM,
            (call, request, out) ->
                stream(
                    call,
                    out,
                    () -> told(request.getSelectorsList(), request.getPid()),
                    DelegatedIdentity::x509Svids))
        .serverStream(
            DelegatedIdentityGrpcService.SubscribeToX509Bundles,
            STREAM,
            (call, _, out) ->
                stream(call, out, this::everyBundle, bundles(DelegateMessages::x509Bundles)))
        .serverStream(
            DelegatedIdentityGrpcService.SubscribeToJWTBundles,
            STREAM,
            (call, _, out) ->
                stream(call, out, this::everyBundle, bundles(DelegateMessages::jwtBundles)))
        .unary(DelegatedIdentityGrpcService.FetchJWTSVIDs, UNARY, this::fetchJwtSvids)
        .build();
  }

  private <A extends MessageLite> void stream(
      CallContext call,
      ResponseStream<A> out,
      Supplier<Future<Subject>> told,
      Function<WorkloadUpdate, Turn<A>> turns) {
    streams.open(CallerSessions.peer(call).uid(), out, () -> delegated(call, told), turns);
  }

  /// Somebody of whom the caller is told, if it is a delegate.
  private Future<Subject> delegated(CallContext call, Supplier<Future<Subject>> told) {
    var loop = vertx.getOrCreateContext();
    var session = sessions.of(call);
    return authorize(session.attest(), loop)
        .compose(_ -> told.get())
        .map(subject -> new DelegateSubject(() -> authorize(session.confirm(), loop), subject));
  }

  private Future<FetchJWTSVIDsResponse> fetchJwtSvids(
      CallContext call, FetchJWTSVIDsRequest request) {
    var refusal = JwtFetch.refusal(request.getAudienceList());
    if (refusal.isPresent()) {
      return refuse(refusal.get());
    }
    var loop = vertx.getOrCreateContext();
    return delegated(call, () -> told(request.getSelectorsList(), request.getPid()))
        .compose(subject ->
            JwtFetch.tokensOf(
                subject,
                loop,
                selectors -> fetchJwt(selectors, request.getAudienceList()),
                WorkloadStatuses.NO_IDENTITY))
        .map(DelegateMessages::jwtSvids);
  }

  private Future<JwtAnswer> fetchJwt(Set<Selector> selectors, List<String> audience) {
    return cache.fetchJwt(Recipient.delegate(selectors), audience, Optional.empty());
  }

  /// Fails unless the caller is a delegate; completes on `loop`, which owns what comes after.
  private Future<Void> authorize(Future<AttestationOutcome> caller, Context loop) {
    return CallLoop.back(
        loop, caller.compose(Subject::selectors).compose(cache::standing).compose(this::judge));
  }

  private Future<Void> judge(Standing standing) {
    if (!standing.synced()) {
      return Future.failedFuture(WorkloadStatuses.NOT_SYNCED.asException());
    }
    if (standing.identities().isEmpty()) {
      return Future.failedFuture(WorkloadStatuses.NO_IDENTITY.asException());
    }
    return Collections.disjoint(standing.identities(), delegates)
        ? Future.failedFuture(WorkloadStatuses.NO_DELEGATE.asException())
        : Future.succeededFuture();
  }

  /// For whom a delegate acts.
  private Future<Subject> told(List<dev.entente.wire.spire.types.Selector> selectors, int pid) {
    if (selectors.isEmpty() == (pid == 0)) {
      return refuse("either selectors or a pid is needed, and not both");
    }
    if (pid < 0) {
      return refuse("there is no process " + pid);
    }
    if (pid > 0) {
      return attestation
          .named(pid)
          .recover(_ ->
              Future.failedFuture(
                  WorkloadStatuses.unattested("process " + pid + " is gone or cannot be seen")
                      .asException()))
          .map(process -> Subject.process(new CallerSession(attestation, process), this::follow));
    }
    Set<Selector> parsed = new HashSet<>();
    try {
      selectors.forEach(it -> parsed.add(new Selector(it.getType(), it.getValue())));
    } catch (IllegalArgumentException e) {
      return refuse("could not parse provided selectors: " + e.getMessage());
    }
    return Future.succeededFuture(Subject.known(Set.copyOf(parsed), this::follow));
  }

  private SvidCache.Subscription follow(
      Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
    return cache.subscribe(Recipient.delegate(selectors), listener);
  }

  private Future<Subject> everyBundle() {
    return Future.succeededFuture(
        Subject.known(Set.of(), (_, listener) -> cache.subscribe(Recipient.bundles(), listener)));
  }

  private static Turn<SubscribeToX509SVIDsResponse> x509Svids(WorkloadUpdate update) {
    return Turn.ofX509Svids(
        update,
        DelegateMessages::x509Svids,
        new Turn.Send<>(SubscribeToX509SVIDsResponse.getDefaultInstance()));
  }

  private static <A extends MessageLite> Function<WorkloadUpdate, Turn<A>> bundles(
      Function<TrustBundles, A> message) {
    return update ->
        Turn.ofBundles(update, message, bundles -> new Turn.Send<>(message.apply(bundles)));
  }

  private static <T> Future<T> refuse(String what) {
    return Future.failedFuture(WorkloadStatuses.invalid(what).asException());
  }
}
