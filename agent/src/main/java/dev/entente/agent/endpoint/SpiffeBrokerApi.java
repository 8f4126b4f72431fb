package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.agent.svidcache.Recipient;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.CallerSession;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spiffe.broker.APIGrpcService;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDRequest;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDResponse;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDResponse;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// The SPIFFE Broker API: an authorised component acts for other workloads of this node, one in
/// each call.
///
/// It names a workload by a reference, which is resolved and attested here, and gets what that
/// workload would, but no administrators, no downstream authorities, and nothing that is meant for
/// a secret store. A stream ends with NotFound soon after its workload has ended.
final class SpiffeBrokerApi {
  /// A reference, audiences and an id.
  private static final int REQUEST_BYTES_MAX = 256 << 10;

  private static final CallLimits STREAM = CallLimits.STREAM.withRequestBytesMax(REQUEST_BYTES_MAX);

  /// Above the thirty seconds for which the node retries, so that its reason is what is answered.
  private static final CallLimits UNARY = new CallLimits(REQUEST_BYTES_MAX, Duration.ofSeconds(40));

  /// How soon it is noticed that a process has ended; a look reads two small files of the kernel.
  private static final Duration PROCESS_LOOKED_AT_EVERY = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final SvidCache cache;
  private final WorkloadAttestation attestation;
  private final SpiffeBrokerCallers callers;
  private final DelegateStreams<SpiffeId> streams;
  private final Set<WorkloadProfile> profiles;

  SpiffeBrokerApi(
      Vertx vertx,
      SvidCache cache,
      WorkloadAttestation attestation,
      SpiffeBrokerCallers callers,
      DelegateStreams<SpiffeId> streams,
      Set<WorkloadProfile> profiles) {
    this.vertx = vertx;
    this.cache = cache;
    this.attestation = attestation;
    this.callers = callers;
    this.streams = streams;
    this.profiles = Set.copyOf(profiles);
  }

  RpcService service() {
    return RpcService.builder(APIGrpcService.SERVICE_DESCRIPTOR)
        .serverStream(
            APIGrpcService.SubscribeToX509SVID,
            STREAM,
            (call, request, out) ->
                stream(
                    WorkloadProfile.X509,
                    call,
                    request.getReference(),
                    out,
                    SpiffeBrokerApi::x509Svids))
        .serverStream(
            APIGrpcService.SubscribeToX509Bundles,
            STREAM,
            (call, request, out) ->
                stream(
                    WorkloadProfile.X509,
                    call,
                    request.getReference(),
                    out,
                    bundles(SpiffeBrokerMessages::x509Bundles)))
        .unary(
            APIGrpcService.FetchJWTSVID,
            UNARY,
            // The caller was judged when the call began, and may have been slow to ask.
            (call, request) -> callers.authorize(call).compose(_ -> fetchJwtSvid(call, request)))
        .serverStream(
            APIGrpcService.SubscribeToJWTBundles,
            STREAM,
            (call, request, out) ->
                stream(
                    WorkloadProfile.JWT,
                    call,
                    request.getReference(),
                    out,
                    bundles(SpiffeBrokerMessages::jwtBundles)))
        .build();
  }

  private <A extends MessageLite> void stream(
      WorkloadProfile profile,
      CallContext call,
      WorkloadReference reference,
      ResponseStream<A> out,
      Function<WorkloadUpdate, Turn<A>> turns) {
    if (!profiles.contains(profile)) {
      out.fail(WorkloadStatuses.SWITCHED_OFF);
      return;
    }
    streams.open(
        SpiffeBrokerCallers.id(call),
        out,
        // The caller was judged when the call began, and may have been slow to ask.
        () -> callers.authorize(call).compose(_ -> delegated(call, reference)),
        turns);
  }

  /// The workload that a reference names, as long as the caller may be told of it.
  private Future<Subject> delegated(CallContext call, WorkloadReference reference) {
    return subject(reference)
        .map(workload -> new DelegateSubject(() -> callers.authorize(call), workload));
  }

  private Future<FetchJWTSVIDResponse> fetchJwtSvid(CallContext call, FetchJWTSVIDRequest request) {
    if (!profiles.contains(WorkloadProfile.JWT)) {
      return fail(WorkloadStatuses.SWITCHED_OFF);
    }
    var refusal = JwtFetch.refusal(request.getAudienceList());
    if (refusal.isPresent()) {
      return fail(WorkloadStatuses.invalid(refusal.get()));
    }
    Optional<SpiffeId> only;
    try {
      only = JwtFetch.only(request.getSpiffeId());
    } catch (IllegalArgumentException e) {
      return fail(WorkloadStatuses.invalid(String.valueOf(e.getMessage())));
    }
    var loop = vertx.getOrCreateContext();
    return delegated(call, request.getReference())
        .compose(subject ->
            JwtFetch.tokensOf(
                subject,
                loop,
                selectors -> fetchJwt(selectors, request.getAudienceList(), only),
                SpiffeBrokerStatuses.NOT_ENTITLED))
        .map(SpiffeBrokerMessages::jwtSvids);
  }

  private Future<JwtAnswer> fetchJwt(
      Set<Selector> selectors, List<String> audience, Optional<SpiffeId> only) {
    return cache.fetchJwt(Recipient.spiffeBroker(selectors), audience, only);
  }

  /// The workload that a reference names.
  private Future<Subject> subject(WorkloadReference reference) {
    ReferencedWorkload named;
    try {
      named = ReferencedWorkload.read(reference);
    } catch (IllegalArgumentException e) {
      return fail(SpiffeBrokerStatuses.badReference(String.valueOf(e.getMessage())));
    }
    return switch (named) {
      case ReferencedWorkload.OfPid(var pid) -> process(pid);
      case ReferencedWorkload.OfPod(var pod) ->
          attestation.knowsPods()
              ? Future.succeededFuture(new PodSubject(attestation, pod, this::follow))
              : fail(
                  SpiffeBrokerStatuses.badReference(
                      "pods are not known here: there is no workload attestor for them"));
    };
  }

  private Future<Subject> process(int pid) {
    return attestation
        .named(pid)
        .map(process ->
            Subject.process(
                new CallerSession(attestation, process),
                this::follow,
                outcome -> SpiffeBrokerStatuses.unattested(pid, outcome),
                Optional.of(PROCESS_LOOKED_AT_EVERY)))
        .recover(cause ->
            fail(SpiffeBrokerStatuses.unattested(pid, WorkloadAttestation.unattested(cause))));
  }

  private SvidCache.Subscription follow(
      Set<Selector> selectors, Consumer<WorkloadUpdate> listener) {
    return cache.subscribe(Recipient.spiffeBroker(selectors), listener);
  }

  private static Turn<SubscribeToX509SVIDResponse> x509Svids(WorkloadUpdate update) {
    return Turn.ofX509Svids(
        update, SpiffeBrokerMessages::x509Svids, new Turn.End<>(SpiffeBrokerStatuses.NOT_ENTITLED));
  }

  private static <A extends MessageLite> Function<WorkloadUpdate, Turn<A>> bundles(
      Function<TrustBundles, A> message) {
    return update ->
        Turn.ofBundles(update, message, _ -> new Turn.End<>(SpiffeBrokerStatuses.NOT_ENTITLED));
  }

  private static <T> Future<T> fail(RpcStatus status) {
    return Future.failedFuture(status.asException());
  }
}
