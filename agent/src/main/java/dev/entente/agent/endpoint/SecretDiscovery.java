package dev.entente.agent.endpoint;

import com.google.protobuf.MessageLite;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.RequestLoop;
import dev.entente.rpc.RequestStream;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcService;
import dev.entente.runtime.OpenStreams;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryResponse;
import dev.entente.wire.envoy.secret.SecretDiscoveryServiceGrpcService;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// Envoy's Secret Discovery Service (SDS v3): X509-SVIDs and bundles as Envoy's secrets, pushed
/// whenever they change.
///
/// The caller is attested as for the Workload API, gets nothing it would not get there, and shares
/// its limits. Envoy cannot send the Workload API's security header, so none is asked for.
final class SecretDiscovery {
  /// An Envoy asks at once. Without a bound, streams that ask nothing would be kept for ever.
  private static final Duration FIRST_REQUEST_WITHIN = Duration.ofSeconds(30);

  /// A client has nothing to say while nothing changes; its connection says that it is there.
  private static final Duration IDLE_MAX = Duration.ofDays(366);

  /// Above the thirty seconds for which a stream waits for its first answer.
  private static final CallLimits UNARY = CallLimits.UNARY.withTimeLimit(Duration.ofSeconds(40));

  private final Vertx vertx;
  private final SvidCache cache;
  private final CallerSessions sessions;
  private final OpenStreams<Integer> openStreams;
  private final SdsSettings settings;
  private final boolean allowUnauthenticatedVerifiers;
  private final RandomGenerator random = RandomGenerator.getDefault();

  SecretDiscovery(
      Vertx vertx,
      SvidCache cache,
      CallerSessions sessions,
      OpenStreams<Integer> openStreams,
      SdsSettings settings,
      boolean allowUnauthenticatedVerifiers) {
    this.vertx = vertx;
    this.cache = cache;
    this.sessions = sessions;
    this.openStreams = openStreams;
    this.settings = settings;
    this.allowUnauthenticatedVerifiers = allowUnauthenticatedVerifiers;
  }

  RpcService service() {
    return RpcService.builder(SecretDiscoveryServiceGrpcService.SERVICE_DESCRIPTOR)
        .bidi(
            SecretDiscoveryServiceGrpcService.StreamSecrets,
            (call, in, out) -> converse(call, in, out, new StateConversation(this::nonce)))
        .bidi(
            SecretDiscoveryServiceGrpcService.DeltaSecrets,
            (call, in, out) -> converse(call, in, out, new DeltaConversation(this::nonce)))
        .unary(SecretDiscoveryServiceGrpcService.FetchSecrets, UNARY, this::fetch)
        .build();
  }

  private <Q, A extends MessageLite> Future<Void> converse(
      CallContext call,
      RequestStream<Q> in,
      ResponseStream<A> out,
      SecretConversation<Q, A> conversation) {
    int uid = CallerSessions.peer(call).uid();
    if (!openStreams.open(uid)) {
      return Future.failedFuture(WorkloadStatuses.TOO_MANY_STREAMS.asException());
    }
    return in.next(FIRST_REQUEST_WITHIN)
        .compose(first ->
            first.isEmpty()
                ? Future.succeededFuture()
                : begin(call, first.get(), in, out, conversation))
        .onComplete(_ -> openStreams.close(uid));
  }

  private <Q, A extends MessageLite> Future<Void> begin(
      CallContext call,
      Q first,
      RequestStream<Q> in,
      ResponseStream<A> out,
      SecretConversation<Q, A> conversation) {
    conversation.take(first);
    var stream = stream(call, new Outgoing<>(out, conversation), conversation);
    stream.start(() -> {});
    return RequestLoop.run(
        in,
        IDLE_MAX,
        request -> {
          if (conversation.take(request)) {
            stream.refresh();
          }
          return Future.succeededFuture();
        });
  }

  private Future<DiscoveryResponse> fetch(CallContext call, DiscoveryRequest request) {
    var conversation = new StateConversation(this::nonce);
    conversation.take(request);
    int uid = CallerSessions.peer(call).uid();
    if (!openStreams.open(uid)) {
      return Future.failedFuture(WorkloadStatuses.TOO_MANY_STREAMS.asException());
    }
    Promise<DiscoveryResponse> answer = Promise.promise();
    stream(call, new OnlyAnswer<>(answer), conversation).start(() -> openStreams.close(uid));
    return answer.future();
  }

  private <A extends MessageLite> WorkloadStream<A> stream(
      CallContext call, ResponseStream<A> out, SecretConversation<?, A> conversation) {
    return new WorkloadStream<>(
        vertx,
        Subject.process(sessions.of(call), cache::subscribe),
        out,
        update -> turn(conversation, update));
  }

  private <A extends MessageLite> Turn<A> turn(
      SecretConversation<?, A> conversation, WorkloadUpdate update) {
    if (update instanceof WorkloadUpdate.NotSynced) {
      return new Turn.End<>(WorkloadStatuses.NOT_SYNCED);
    }
    try {
      return conversation.answer(
          GrantedSecrets.of(update, settings, allowUnauthenticatedVerifiers));
    } catch (RpcException e) {
      return new Turn.End<>(e.status());
    }
  }

  /// Pairs answer and confirmation; nothing is kept secret by it.
  private String nonce() {
    return HexFormat.of().toHexDigits(random.nextInt());
  }
}
