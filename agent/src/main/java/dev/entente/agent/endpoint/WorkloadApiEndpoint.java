package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.Recipient;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.UnixSocket;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.runtime.OpenStreams;
import dev.entente.spiffe.JwtSvidVerifier;
import dev.entente.spiffe.JwtVerdict;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcService;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDRequest;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDResponse;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// The SPIFFE Workload API, and Envoy's Secret Discovery Service, on a Unix socket that every local
/// process may connect to.
///
/// Each call attests its caller anew. A stream carries the complete state at its start and after
/// every change, and ends with PermissionDenied when the last identity goes, or with Unavailable
/// when the agent stops or cannot say who calls. Health and reflection are on the same socket. The
/// methods of a profile that is off, WIT-SVID's unless it was switched on, answer Unimplemented.
public final class WorkloadApiEndpoint {
  /// Health and reflection are services of their own and go without, as Envoys do.
  private static final SecurityHeader WORKLOAD_HEADER =
      new SecurityHeader("workload.spiffe.io", "SpiffeWorkloadAPI/");

  /// A request holds audiences or one token of at most 8 KiB; far below gRPC's own limit, because
  /// anyone may connect.
  private static final int REQUEST_BYTES_MAX = 256 << 10;

  /// Above the thirty seconds for which the node retries, so that its reason is what is answered.
  private static final Duration CALL_LIMIT = Duration.ofSeconds(40);

  private static final CallLimits UNARY = new CallLimits(REQUEST_BYTES_MAX, CALL_LIMIT);
  private static final CallLimits STREAM = CallLimits.STREAM.withRequestBytesMax(REQUEST_BYTES_MAX);

  /// Validating a token is one signature check, a tenth of a millisecond; RSA and P-384 take more.
  private static final int VALIDATION_THREADS = 2;

  /// Some tenths of a second of work for two threads.
  private static final int VALIDATIONS_QUEUED = 1024;

  private static final Duration VALIDATION_LIMIT = Duration.ofSeconds(5);

  /// How long unary calls may take to finish when the agent stops.
  private static final Duration DRAIN = Duration.ofSeconds(3);

  private final Vertx vertx;
  private final IdentitySource source;
  private final SvidCache cache;
  private final CallerSessions sessions;
  private final WorkloadApiSettings settings;
  private final InstantSource clock;
  private final JwtSvidVerifier verifier = new JwtSvidVerifier();
  private final ConnectionGate gate;
  private final OpenStreams<Integer> openStreams;

  /// Only validations wait for validations.
  private final BoundedPool validations =
      new BoundedPool("jwt-validation", VALIDATION_THREADS, VALIDATIONS_QUEUED);

  /// An endpoint that serves from `cache` once it listens.
  public WorkloadApiEndpoint(
      Vertx vertx,
      IdentitySource source,
      SvidCache cache,
      WorkloadAttestation attestation,
      WorkloadApiSettings settings,
      InstantSource clock) {
    this.vertx = vertx;
    this.source = source;
    this.cache = cache;
    this.sessions = new CallerSessions(attestation);
    this.settings = settings;
    this.clock = clock;
    var limits = settings.limits();
    this.gate =
        new ConnectionGate(
            "workload-api",
            ConnectionLimits.of(limits.connectionsMax(), limits.connectionsPerUserMax()));
    this.openStreams = new OpenStreams<>(limits.streamsMax(), limits.streamsPerUserMax());
  }

  /// Shows connections, streams and waiting validations.
  public void register(MeterRegistry meters) {
    gate.register(meters);
    validations.register(meters);
    Gauge.builder("entente.agent.streams", openStreams, OpenStreams::size)
        .description("Open streams of the Workload API and of Envoys")
        .register(meters);
  }

  /// Listens on `socket`; fails with a sentence if the place cannot be used.
  public Future<Listening> listen(Path socket) {
    return RpcServer.listen(vertx, gate, UnixSocket.forEveryone(socket), router())
        .map(Listening::new);
  }

  /// How many streams are open.
  int openStreams() {
    return openStreams.size();
  }

  RpcRouter router() {
    var service =
        RpcService.builder(SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR)
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchX509SVID,
                STREAM,
                (call, _, out) ->
                    stream(WorkloadProfile.X509, call, out, WorkloadApiEndpoint::x509Svids))
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchX509Bundles,
                STREAM,
                (call, _, out) ->
                    stream(WorkloadProfile.X509, call, out, bundles(WorkloadMessages::x509Bundles)))
            .unary(SpiffeWorkloadAPIGrpcService.FetchJWTSVID, UNARY, this::fetchJwtSvid)
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchJWTBundles,
                STREAM,
                (call, _, out) ->
                    stream(WorkloadProfile.JWT, call, out, bundles(WorkloadMessages::jwtBundles)))
            .unary(SpiffeWorkloadAPIGrpcService.ValidateJWTSVID, UNARY, this::validateJwtSvid)
            .serverStream(SpiffeWorkloadAPIGrpcService.FetchWITSVID, STREAM, this::fetchWitSvids)
            .serverStream(
                SpiffeWorkloadAPIGrpcService.FetchWITBundles,
                STREAM,
                (call, _, out) ->
                    stream(WorkloadProfile.WIT, call, out, bundles(WorkloadMessages::witBundles)))
            .build();
    var router = RpcRouter.builder(WORKLOAD_HEADER).service(service);
    settings.sds().ifPresent(sds -> router.service(secretDiscovery(sds).service()));
    return router.health(vertx, () -> source.current().synced()).reflection().build();
  }

  private SecretDiscovery secretDiscovery(SdsSettings sds) {
    return new SecretDiscovery(
        vertx, cache, sessions, openStreams, sds, settings.allowUnauthenticatedVerifiers());
  }

  private boolean lacks(WorkloadProfile profile) {
    return !settings.profiles().contains(profile);
  }

  private <A extends MessageLite> void stream(
      WorkloadProfile profile,
      CallContext call,
      ResponseStream<A> out,
      Function<WorkloadUpdate, Turn<A>> turns) {
    stream(profile, call, out, cache::subscribe, turns);
  }

  private <A extends MessageLite> void stream(
      WorkloadProfile profile,
      CallContext call,
      ResponseStream<A> out,
      Subject.Updates updates,
      Function<WorkloadUpdate, Turn<A>> turns) {
    if (lacks(profile)) {
      out.fail(
          profile == WorkloadProfile.WIT ? WorkloadStatuses.NO_WIT : WorkloadStatuses.SWITCHED_OFF);
      return;
    }
    int uid = CallerSessions.peer(call).uid();
    if (!openStreams.open(uid)) {
      out.fail(WorkloadStatuses.TOO_MANY_STREAMS);
      return;
    }
    new WorkloadStream<>(vertx, Subject.process(sessions.of(call), updates), out, turns)
        .start(() -> openStreams.close(uid));
  }

  private static Turn<X509SVIDResponse> x509Svids(WorkloadUpdate update) {
    return Turn.ofX509Svids(
        update, WorkloadMessages::x509Svids, new Turn.End<>(WorkloadStatuses.NO_IDENTITY));
  }

  private void fetchWitSvids(
      CallContext call, WITSVIDRequest request, ResponseStream<WITSVIDResponse> out) {
    Optional<SpiffeId> only;
    try {
      only = JwtFetch.only(request.getSpiffeId());
    } catch (IllegalArgumentException e) {
      out.fail(
          lacks(WorkloadProfile.WIT)
              ? WorkloadStatuses.NO_WIT
              : WorkloadStatuses.invalid(String.valueOf(e.getMessage())));
      return;
    }
    stream(
        WorkloadProfile.WIT,
        call,
        out,
        (selectors, listener) -> cache.subscribe(Recipient.workloadWit(selectors), listener),
        update -> witSvids(update, only));
  }

  /// One that is asked for and not granted is denied, as a JWT-SVID is (SPIFFE_Workload_API
  /// §6.2.1).
  private static Turn<WITSVIDResponse> witSvids(WorkloadUpdate update, Optional<SpiffeId> only) {
    return switch (update) {
      case WorkloadUpdate.NotSynced() -> new Turn.End<>(WorkloadStatuses.NOT_SYNCED);
      case WorkloadUpdate.NoIdentity _ -> new Turn.End<>(WorkloadStatuses.NO_IDENTITY);
      case WorkloadUpdate.Waiting _ -> new Turn.Wait<>();
      case WorkloadUpdate.WitReady(_, var identities) -> {
        var chosen =
            identities.stream()
                .filter(it -> only.isEmpty() || only.get().equals(it.svid().spiffeId()))
                .toList();
        yield chosen.isEmpty()
            ? new Turn.End<>(WorkloadStatuses.NO_IDENTITY)
            : new Turn.Send<>(WorkloadMessages.witSvids(chosen));
      }
      case WorkloadUpdate.Ready _ ->
          throw new IllegalStateException("told of X509-SVIDs, and did not ask");
    };
  }

  private <A extends MessageLite> Function<WorkloadUpdate, Turn<A>> bundles(
      Function<TrustBundles, A> message) {
    return update ->
        Turn.ofBundles(
            update,
            message,
            bundles ->
                settings.allowUnauthenticatedVerifiers()
                    ? new Turn.Send<>(message.apply(bundles))
                    : new Turn.End<>(WorkloadStatuses.NO_IDENTITY));
  }

  private Future<JWTSVIDResponse> fetchJwtSvid(CallContext call, JWTSVIDRequest request) {
    if (lacks(WorkloadProfile.JWT)) {
      return fail(WorkloadStatuses.SWITCHED_OFF.asException());
    }
    var refusal = JwtFetch.refusal(request.getAudienceList());
    if (refusal.isPresent()) {
      return refuse(refusal.get());
    }
    Optional<SpiffeId> only;
    try {
      only = JwtFetch.only(request.getSpiffeId());
    } catch (IllegalArgumentException e) {
      return refuse(String.valueOf(e.getMessage()));
    }
    return JwtFetch.tokensOf(
            Subject.process(sessions.of(call), cache::subscribe),
            vertx.getOrCreateContext(),
            selectors -> cache.fetchJwt(selectors, request.getAudienceList(), only),
            WorkloadStatuses.NO_IDENTITY)
        .map(WorkloadMessages::jwtSvids);
  }

  private Future<ValidateJWTSVIDResponse> validateJwtSvid(
      CallContext call, ValidateJWTSVIDRequest request) {
    if (lacks(WorkloadProfile.JWT)) {
      return fail(WorkloadStatuses.SWITCHED_OFF.asException());
    }
    if (request.getAudience().isEmpty()) {
      return refuse("audience must be specified");
    }
    if (request.getSvid().isEmpty()) {
      return refuse("svid must be specified");
    }
    return sessions
        .selectors(call)
        .compose(cache::standing)
        .compose(standing ->
            standing.synced()
                ? validate(request, standing.bundles())
                : fail(WorkloadStatuses.NOT_SYNCED.asException()));
  }

  /// On a thread of its own: a token may be signed with a key whose check takes milliseconds.
  private Future<ValidateJWTSVIDResponse> validate(
      ValidateJWTSVIDRequest request, TrustBundles bundles) {
    return validations
        .run(
            vertx,
            () ->
                verifier.verify(
                    request.getSvid(), Set.of(request.getAudience()), bundles, clock.instant()),
            VALIDATION_LIMIT)
        .recover(cause ->
            cause instanceof RejectedExecutionException || cause instanceof TimeoutException
                ? fail(WorkloadStatuses.TOO_MANY_VALIDATIONS.asException())
                : Future.failedFuture(cause))
        .compose(verdict ->
            switch (verdict) {
              case JwtVerdict.Verified(var svid) ->
                  Future.succeededFuture(
                      WorkloadMessages.validated(
                          svid, bundles.own(), settings.allowedForeignJwtClaims()));
              case JwtVerdict.Refused(_, var detail) -> refuse(detail);
            });
  }

  private static <T> Future<T> refuse(String what) {
    return fail(WorkloadStatuses.invalid(what).asException());
  }

  private static <T> Future<T> fail(RpcException refusal) {
    return Future.failedFuture(refusal);
  }

  /// The open socket.
  public static final class Listening {
    private final RpcServer server;

    private Listening(RpcServer server) {
      this.server = server;
    }

    /// Accepts nothing more, ends streams with Unavailable, and lets other calls finish shortly.
    public Future<Void> close() {
      return server.drain(DRAIN);
    }
  }
}
