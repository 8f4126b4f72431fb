package dev.entente.agent.node;

import com.google.protobuf.ByteString;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.rpc.BidiCall;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.EntryChange;
import dev.entente.wire.entente.broker.v1.FetchEntriesRequest;
import dev.entente.wire.entente.broker.v1.PushGrpcClient;
import dev.entente.wire.entente.broker.v1.SubscribeRequest;
import dev.entente.wire.entente.broker.v1.SubscribeResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.server.agent.v1.RenewAgentRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesResponse;
import dev.entente.wire.spire.types.AttestationData;
import dev.entente.wire.spire.types.X509SVID;
import io.vertx.core.Future;
import io.vertx.grpc.common.ServiceMethod;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Asks a broker, ours or SPIRE's, over gRPC.
final class GrpcBrokerClient implements BrokerClient {
  private static final Duration LIMIT = BrokerPool.CALL_LIMIT;

  /// A broker may have to look around in our platform before it answers to evidence.
  private static final Duration ATTEST_LIMIT = Duration.ofMinutes(1);

  private final RpcClient rpc;
  private final ServerTrust trust;
  private final SvidCalls svids;

  GrpcBrokerClient(RpcClient rpc, ServerTrust trust) {
    this.rpc = rpc;
    this.trust = trust;
    this.svids = new SvidCalls(this);
  }

  /// One question with the usual limit, failing with a [BrokerFault].
  <Q, A> Future<A> ask(ServiceMethod<A, Q> method, Q request) {
    return rpc.unary(method, request, LIMIT).recover(this::fault);
  }

  /// Reads an answer; one that cannot be read is the broker's fault.
  <A, R> Future<R> reading(Future<A> answer, Function<A, R> reader) {
    return answer.map(reader).recover(this::fault);
  }

  @Override
  public Future<Attested> attest(AttestOrder order, Function<byte[], Future<byte[]>> respond) {
    var call = rpc.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(ATTEST_LIMIT));
    call.send(
        AttestAgentRequest.newBuilder()
            .setParams(
                AttestAgentRequest.Params.newBuilder()
                    .setData(
                        AttestationData.newBuilder()
                            .setType(order.type())
                            .setPayload(ByteString.copyFrom(order.payload())))
                    .setParams(params(order.csr())))
            .build());
    return attested(call, respond).recover(this::fault).onComplete(_ -> call.cancel());
  }

  private Future<Attested> attested(
      BidiCall<AttestAgentRequest, AttestAgentResponse> call,
      Function<byte[], Future<byte[]>> respond) {
    return call.next(ATTEST_LIMIT)
        .compose(answer -> {
          var step = answer.orElse(AttestAgentResponse.getDefaultInstance());
          return switch (step.getStepCase()) {
            case RESULT -> {
              var result = step.getResult();
              yield Future.succeededFuture(
                  new Attested(chain(result.getSvid()), result.getReattestable()));
            }
            case CHALLENGE ->
                respond
                    .apply(step.getChallenge().toByteArray())
                    .compose(response -> {
                      call.send(challengeResponse(response));
                      return attested(call, respond);
                    });
            case STEP_NOT_SET ->
                Future.failedFuture(
                    new BrokerFault(
                        Kind.INTERNAL, "the broker ended the attestation without an answer"));
          };
        });
  }

  private static AttestAgentRequest challengeResponse(byte[] response) {
    return AttestAgentRequest.newBuilder()
        .setChallengeResponse(ByteString.copyFrom(response))
        .build();
  }

  @Override
  public Future<List<X509Certificate>> renew(byte[] csr) {
    var request = RenewAgentRequest.newBuilder().setParams(params(csr)).build();
    return reading(ask(AgentGrpcClient.RenewAgent, request), answer -> chain(answer.getSvid()));
  }

  private static AgentX509SVIDParams params(byte[] csr) {
    return AgentX509SVIDParams.newBuilder().setCsr(ByteString.copyFrom(csr)).build();
  }

  /// The certificates of an SVID, leaf first; at least one.
  static List<X509Certificate> chain(X509SVID svid) {
    if (svid.getCertChainCount() == 0) {
      throw new IllegalArgumentException("SVID without a certificate");
    }
    return svid.getCertChainList().stream()
        .map(der -> Certificates.parse(der.toByteArray()))
        .toList();
  }

  @Override
  public Future<SpiffeBundle> bundle() {
    var request = GetBundleRequest.getDefaultInstance();
    return reading(ask(BundleGrpcClient.GetBundle, request), BundleCodec::read);
  }

  @Override
  public Future<Optional<SpiffeBundle>> federatedBundle(TrustDomain trustDomain) {
    var request = GetFederatedBundleRequest.newBuilder().setTrustDomain(trustDomain.name()).build();
    return reading(
            ask(BundleGrpcClient.GetFederatedBundle, request),
            answer -> Optional.of(federated(trustDomain, BundleCodec.read(answer))))
        .recover(cause ->
            cause instanceof BrokerFault fault && fault.kind() == Kind.NOT_FOUND
                ? Future.succeededFuture(Optional.empty())
                : Future.failedFuture(cause));
  }

  private static SpiffeBundle federated(TrustDomain asked, SpiffeBundle answer) {
    if (!answer.trustDomain().equals(asked)) {
      throw new IllegalArgumentException(
          "asked for the bundle of " + asked + ", got that of " + answer.trustDomain());
    }
    return answer;
  }

  @Override
  public Future<Void> postStatus(String agentVersion) {
    var request = PostStatusRequest.newBuilder().setAgentVersion(agentVersion).build();
    return ask(AgentGrpcClient.PostStatus, request).mapEmpty();
  }

  @Override
  public Future<Map<String, AgentEntry>> syncEntries(Map<String, AgentEntry> known) {
    var call = rpc.bidi(EntryGrpcClient.SyncAuthorizedEntries, CallOptions.within(LIMIT));
    call.send(DeltaSync.opening());
    return synced(call, new DeltaSync(known)).recover(this::fault).onComplete(_ -> call.cancel());
  }

  private Future<Map<String, AgentEntry>> synced(
      BidiCall<SyncAuthorizedEntriesRequest, SyncAuthorizedEntriesResponse> call, DeltaSync sync) {
    return call.next(LIMIT)
        .compose(answer -> {
          if (answer.isEmpty()) {
            return Future.failedFuture(
                new BrokerFault(Kind.INTERNAL, "the broker ended the sync in the middle"));
          }
          return switch (sync.receive(answer.get())) {
            case DeltaSync.Step.Done(var entries) -> Future.succeededFuture(entries);
            case DeltaSync.Step.Read() -> synced(call, sync);
            case DeltaSync.Step.Send(var request) -> {
              call.send(request);
              yield synced(call, sync);
            }
          };
        });
  }

  @Override
  public Future<List<AgentEntry>> fetchEntries(Collection<String> ids) {
    var request = FetchEntriesRequest.newBuilder().addAllIds(ids).build();
    return reading(
        ask(PushGrpcClient.FetchEntries, request),
        answer ->
            answer.getEntriesList().stream()
                .flatMap(entry -> EntryCodec.read(entry).stream())
                .toList());
  }

  @Override
  public Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
    return svids.issueX509(orders);
  }

  @Override
  public Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
    return svids.issueWit(orders);
  }

  @Override
  public Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
    return svids.issueJwt(entryId, audience);
  }

  @Override
  public PushStream subscribe(PushPosition since, PushListener listener) {
    var request =
        SubscribeRequest.newBuilder()
            .setSinceRevision(since.revision())
            .setStoreEpoch(since.epoch())
            .build();
    var stream =
        rpc.serverStream(
            PushGrpcClient.Subscribe,
            request,
            CallOptions.UNLIMITED,
            new ResponseListener<SubscribeResponse>() {
              @Override
              public void message(SubscribeResponse message) {
                listener.message(pushed(message));
              }

              @Override
              public void end(RpcStatus status) {
                listener.ended(
                    status.isOk()
                        ? new BrokerFault(Kind.UNAVAILABLE, "the broker ended the stream")
                        : strangerOr(FaultCodec.read(status)));
              }
            });
    return stream::cancel;
  }

  private static PushMessage pushed(SubscribeResponse message) {
    return new PushMessage(
        new PushPosition(message.getRevision(), message.getStoreEpoch()),
        message.getChangesList().stream().map(GrpcBrokerClient::change).toList(),
        message.getResync(),
        message.getBundlesChanged());
  }

  private static PushMessage.Change change(EntryChange change) {
    return new PushMessage.Change(
        change.getId(),
        change.getRevisionNumber(),
        Instant.ofEpochSecond(change.getCreatedAt()),
        change.getRemoved());
  }

  @Override
  public void close() {
    rpc.close();
  }

  private <T> Future<T> fault(Throwable cause) {
    return Future.failedFuture(strangerOr(FaultCodec.read(cause)));
  }

  /// A handshake that failed because the broker is a stranger looks like a lost connection.
  private BrokerFault strangerOr(BrokerFault fault) {
    var stranger = trust.stranger();
    return fault.kind() == Kind.UNAVAILABLE && stranger.isPresent()
        ? new BrokerFault(
            Kind.UNTRUSTED, rpc.target() + " is not trusted: " + stranger.get(), fault)
        : fault;
  }
}
