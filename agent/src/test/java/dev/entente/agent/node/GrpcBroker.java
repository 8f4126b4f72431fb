package dev.entente.agent.node;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RequestStream;
import dev.entente.rpc.ResponseStream;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsListener;
import dev.entente.rpc.TlsPeer;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.wire.entente.broker.v1.EntryChange;
import dev.entente.wire.entente.broker.v1.FetchEntriesRequest;
import dev.entente.wire.entente.broker.v1.FetchEntriesResponse;
import dev.entente.wire.entente.broker.v1.PushGrpcService;
import dev.entente.wire.entente.broker.v1.SubscribeResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcService;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.PostStatusResponse;
import dev.entente.wire.spire.server.agent.v1.RenewAgentResponse;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcService;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcService;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesResponse;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcService;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.JWTSVID;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.Status;
import dev.entente.wire.spire.types.X509Certificate;
import dev.entente.wire.spire.types.X509SVID;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A small broker on a real socket: it speaks the protocols, and believes whoever attests.
final class GrpcBroker {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  final TestPki pki;
  final Map<String, Entry> entries = new ConcurrentHashMap<>();
  final List<ResponseStream<SubscribeResponse>> streams = new CopyOnWriteArrayList<>();
  final Set<PublicKey> attestedKeys = ConcurrentHashMap.newKeySet();
  volatile boolean challenges = true;
  volatile boolean reattestable = true;
  volatile Duration agentAge = TestPki.BACKDATE;
  volatile Duration agentTtl = FakeBrokers.TTL;

  /// The SVID in force and the one that takes its place with its first use; guarded by this.
  private Optional<java.security.cert.X509Certificate> current = Optional.empty();

  private Optional<java.security.cert.X509Certificate> pending = Optional.empty();
  volatile PermissionDeniedDetails.Reason denial = PermissionDeniedDetails.Reason.UNKNOWN;
  private final RpcServer server;

  private GrpcBroker(TestPki pki, RpcServer server) {
    this.pki = pki;
    this.server = server;
  }

  static Future<GrpcBroker> listen(Vertx vertx, boolean push) {
    var clock = InstantSource.system();
    var pki = new TestPki(FakeBrokers.DOMAIN, clock);
    var key = KeyAlgorithm.EC_P256.generate();
    var id = SpiffeId.of(FakeBrokers.DOMAIN, "/spire/server");
    var leaf = pki.issue(id, key.getPublic(), FakeBrokers.TTL);
    var identity = Optional.of(new TlsIdentity(key.getPrivate(), List.of(leaf)));
    var trust = new SvidTrustManager(BundleSource.of(pki.bundle(1)), _ -> true, clock);
    var holder = new GrpcBroker[1];
    var router = RpcRouter.builder(new CallInterceptor() {});
    router
        .service(
            RpcService.builder(AgentGrpcService.SERVICE_DESCRIPTOR)
                .bidi(AgentGrpcService.AttestAgent, (_, in, out) -> holder[0].attest(in, out))
                .unary(
                    AgentGrpcService.RenewAgent,
                    (call, q) ->
                        holder[0].asAgent(
                            call,
                            RenewAgentResponse.newBuilder()
                                .setSvid(holder[0].renewed(q.getParams().getCsr()))
                                .build()))
                .unary(
                    AgentGrpcService.PostStatus,
                    (call, _) -> holder[0].asAgent(call, PostStatusResponse.getDefaultInstance()))
                .build())
        .service(
            RpcService.builder(BundleGrpcService.SERVICE_DESCRIPTOR)
                .unary(
                    BundleGrpcService.GetBundle,
                    (_, _) -> Future.succeededFuture(holder[0].bundle()))
                .unary(
                    BundleGrpcService.GetFederatedBundle,
                    (_, _) ->
                        Future.failedFuture(RpcException.of(GrpcStatus.NOT_FOUND, "no bundle")))
                .build())
        .service(
            RpcService.builder(EntryGrpcService.SERVICE_DESCRIPTOR)
                .bidi(
                    EntryGrpcService.SyncAuthorizedEntries,
                    (call, in, out) -> holder[0].sync(call, in, out))
                .build())
        .service(
            RpcService.builder(SVIDGrpcService.SERVICE_DESCRIPTOR)
                .unary(
                    SVIDGrpcService.BatchNewX509SVID,
                    (call, q) -> holder[0].asAgent(call, holder[0].issue(q)))
                .unary(SVIDGrpcService.NewJWTSVID, (call, _) -> holder[0].asAgent(call, jwt()))
                .build());
    if (push) {
      router.service(
          RpcService.builder(PushGrpcService.SERVICE_DESCRIPTOR)
              .serverStream(PushGrpcService.Subscribe, (_, _, out) -> holder[0].subscribe(out))
              .unary(
                  PushGrpcService.FetchEntries,
                  (call, q) -> holder[0].asAgent(call, holder[0].fetch(q)))
              .build());
    }
    return RpcServer.listen(
            vertx, new TlsListener("127.0.0.1", 0, () -> identity, trust), router.build())
        .map(server -> {
          holder[0] = new GrpcBroker(pki, server);
          return holder[0];
        });
  }

  int port() {
    return server.port();
  }

  /// Adds an entry and pushes it.
  void put(Entry entry) {
    entries.put(entry.getId(), entry);
    var message =
        SubscribeResponse.newBuilder()
            .setRevision(entries.size() + 1L)
            .setStoreEpoch("e")
            .addChanges(
                EntryChange.newBuilder()
                    .setId(entry.getId())
                    .setRevisionNumber(entry.getRevisionNumber())
                    .setCreatedAt(entry.getCreatedAt()))
            .build();
    streams.forEach(stream -> stream.send(message));
  }

  static Entry entry(String id) {
    return Entry.newBuilder()
        .setId(id)
        .setSpiffeId(SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/w/" + id))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
        .setCreatedAt(1)
        .build();
  }

  private <T> Future<T> asAgent(CallContext call, T answer) {
    if (!(call.peer() instanceof TlsPeer peer) || !peer.isAuthenticated()) {
      return Future.failedFuture(RpcException.of(GrpcStatus.PERMISSION_DENIED, "who are you"));
    }
    var reason = standing(peer.chain().getFirst());
    if (reason != PermissionDeniedDetails.Reason.UNKNOWN) {
      var details = PermissionDeniedDetails.newBuilder().setReason(reason).build();
      return Future.failedFuture(
          RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no").with(details).asException());
    }
    return Future.succeededFuture(answer);
  }

  private synchronized PermissionDeniedDetails.Reason standing(
      java.security.cert.X509Certificate shown) {
    if (pending.filter(shown::equals).isPresent()) {
      current = pending;
      pending = Optional.empty();
    }
    return current.filter(shown::equals).isPresent()
        ? denial
        : PermissionDeniedDetails.Reason.AGENT_NOT_ACTIVE;
  }

  private synchronized X509SVID renewed(ByteString csr) {
    pending = Optional.of(agentSvid(csr));
    return svid(pending.get());
  }

  /// Answers after one challenge, if it asks at all; the answer must be the challenge itself.
  private Future<?> attest(
      RequestStream<AttestAgentRequest> in, ResponseStream<AttestAgentResponse> out) {
    return in.next(LIMIT)
        .compose(first -> {
          var csr = first.orElseThrow().getParams().getParams().getCsr();
          if (!challenges) {
            return Future.succeededFuture(csr);
          }
          out.send(
              AttestAgentResponse.newBuilder()
                  .setChallenge(ByteString.copyFromUtf8("nonce"))
                  .build());
          return in.next(LIMIT).map(second -> requireNonce(second.orElseThrow(), csr));
        })
        .onSuccess(csr -> out.send(attested(csr)));
  }

  private static ByteString requireNonce(AttestAgentRequest answer, ByteString csr) {
    if (!answer.getChallengeResponse().toStringUtf8().equals("nonce")) {
      throw new IllegalStateException("not the challenge");
    }
    return csr;
  }

  private synchronized AttestAgentResponse attested(ByteString csr) {
    attestedKeys.add(TestPki.keyOf(csr.toByteArray()));
    current = Optional.of(agentSvid(csr));
    pending = Optional.empty();
    return AttestAgentResponse.newBuilder()
        .setResult(
            AttestAgentResponse.Result.newBuilder()
                .setReattestable(reattestable)
                .setSvid(svid(current.get())))
        .build();
  }

  private java.security.cert.X509Certificate agentSvid(ByteString csr) {
    return pki.issue(FakeBrokers.AGENT, TestPki.keyOf(csr.toByteArray()), agentAge, agentTtl);
  }

  private static X509SVID svid(java.security.cert.X509Certificate leaf) {
    return X509SVID.newBuilder().addCertChain(ByteString.copyFrom(Certificates.der(leaf))).build();
  }

  private Bundle bundle() {
    return Bundle.newBuilder()
        .setTrustDomain("example.org")
        .addX509Authorities(
            X509Certificate.newBuilder()
                .setAsn1(ByteString.copyFrom(Certificates.der(pki.authority()))))
        .setSequenceNumber(1)
        .build();
  }

  private Future<?> sync(
      CallContext call,
      RequestStream<SyncAuthorizedEntriesRequest> in,
      ResponseStream<SyncAuthorizedEntriesResponse> out) {
    return asAgent(call, "ok")
        .compose(_ -> in.next(LIMIT))
        .compose(_ -> {
          out.send(
              SyncAuthorizedEntriesResponse.newBuilder().addAllEntries(entries.values()).build());
          return in.next(LIMIT);
        });
  }

  private void subscribe(ResponseStream<SubscribeResponse> out) {
    streams.add(out);
    out.onClose(_ -> streams.remove(out));
    out.send(SubscribeResponse.newBuilder().setRevision(1).setStoreEpoch("e").build());
  }

  private FetchEntriesResponse fetch(FetchEntriesRequest request) {
    var found = new ArrayList<Entry>();
    request.getIdsList().forEach(id -> Optional.ofNullable(entries.get(id)).ifPresent(found::add));
    return FetchEntriesResponse.newBuilder().addAllEntries(found).build();
  }

  private BatchNewX509SVIDResponse issue(BatchNewX509SVIDRequest request) {
    var response = BatchNewX509SVIDResponse.newBuilder();
    for (var params : request.getParamsList()) {
      var result = response.addResultsBuilder();
      if (entries.containsKey(params.getEntryId())) {
        var id = SpiffeId.of(FakeBrokers.DOMAIN, "/w/" + params.getEntryId());
        var key = TestPki.keyOf(params.getCsr().toByteArray());
        result
            .setStatus(Status.newBuilder().setCode(0))
            .setSvid(svid(pki.issue(id, key, FakeBrokers.TTL)));
      } else {
        result.setStatus(Status.newBuilder().setCode(5).setMessage("entry not found"));
      }
    }
    return response.build();
  }

  private static NewJWTSVIDResponse jwt() {
    var header =
        "{\"alg\":\"ES256\",\"kid\":\"k1\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    var token = Base64.getUrlEncoder().withoutPadding().encodeToString(header) + ".e30.AA";
    return NewJWTSVIDResponse.newBuilder()
        .setSvid(
            JWTSVID
                .newBuilder()
                .setToken(token)
                .setId(SPIFFEID.newBuilder().setTrustDomain("example.org").setPath("/w/e1"))
                .setIssuedAt(100)
                .setExpiresAt(400))
        .build();
  }
}
