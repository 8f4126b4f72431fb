package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.server.agent.v1.RenewAgentRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What agents and administrators can do, over real sockets.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokerTest {
  private TestBroker broker;

  @BeforeAll
  void start(@TempDir Path directory) {
    broker =
        TestBroker.start(directory, "limits: {attest-burst: 100000, attest-per-second: 100000}");
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private static SPIFFEID wire(String path) {
    return SPIFFEID.newBuilder().setTrustDomain("example.org").setPath(path).build();
  }

  private Entry entry(SpiffeId parent, String path) {
    return Entry.newBuilder()
        .setSpiffeId(wire(path))
        .setParentId(wire(parent.path()))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
        .build();
  }

  private Entry create(Entry entry) {
    var result =
        get(
                broker.local(),
                EntryGrpcClient.BatchCreateEntry,
                BatchCreateEntryRequest.newBuilder().addEntries(entry).build())
            .getResults(0);
    assertThat(result.getStatus().getCode()).as(result.getStatus().getMessage()).isZero();
    return result.getEntry();
  }

  private static GrpcStatus codeOf(ThrowingCallable call) {
    return refusal(call).code();
  }

  private static RpcException refusal(ThrowingCallable call) {
    var thrown = new ArrayList<Throwable>();
    assertThatThrownBy(call).satisfies(thrown::add);
    assertThat(thrown.getFirst()).isInstanceOf(RpcException.class);
    return (RpcException) thrown.getFirst();
  }

  private static Reason reasonOf(ThrowingCallable call) {
    var refusal = refusal(call);
    assertThat(refusal.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    return refusal
        .status()
        .detail(PermissionDeniedDetails.class)
        .map(PermissionDeniedDetails::getReason)
        .orElse(Reason.UNKNOWN);
  }

  private static void postStatus(RpcClient client) {
    get(
        client,
        AgentGrpcClient.PostStatus,
        PostStatusRequest.newBuilder().setAgentVersion("1.15.3").build());
  }

  @Test
  void aNodeWithAJoinTokenBecomesAnAgent() {
    var token = broker.joinToken();

    var node = broker.node(token, KeyAlgorithm.EC_P256.generate());

    assertThat(node.id()).hasToString("spiffe://example.org/spire/agent/join_token/" + token);
    postStatus(broker.as(node.identity()));
  }

  @Test
  void theBundleIsOpenToAnyoneRightAfterAttestation() {
    var client = broker.anonymous();
    get(attest(client, broker.joinToken(), csr(KeyAlgorithm.EC_P256.generate())));

    var bundle = get(client, BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());

    assertThat(bundle.getTrustDomain()).isEqualTo("example.org");
    assertThat(bundle.getX509AuthoritiesCount()).isPositive();
    assertThat(bundle.getJwtAuthoritiesList())
        .allSatisfy(k -> assertThat(k.getKeyId()).isNotEmpty());
  }

  @Test
  void ofTwoNodesWithOneTokenAtTheSameInstantExactlyOneWins() {
    var token = broker.joinToken();
    var one = attest(broker.anonymous(), token, csr(KeyAlgorithm.EC_P256.generate()));
    var other = attest(broker.anonymous(), token, csr(KeyAlgorithm.EC_P256.generate()));
    get(Future.join(one, other).otherwiseEmpty());

    assertThat(one.succeeded()).isNotEqualTo(other.succeeded());
    var failed = one.failed() ? one : other;
    assertThat(((RpcException) failed.cause()).code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void aLostReplyIsServedAgainForTheSameKeyOnly() {
    var token = broker.joinToken();
    var keys = KeyAlgorithm.EC_P256.generate();
    var lost = broker.node(token, keys);

    var again = broker.node(token, keys);

    assertThat(again.id()).isEqualTo(lost.id());
    assertThat(again.serial()).isNotEqualTo(lost.serial());
    postStatus(broker.as(again.identity()));
    assertThat(reasonOf(() -> postStatus(broker.as(lost.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ACTIVE);
    assertThat(codeOf(() -> broker.node(token, KeyAlgorithm.EC_P256.generate())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void refusesEvidenceThatIsUnknownMalformedOrOfNoAttestor() {
    var client = broker.anonymous();
    var csr = csr(KeyAlgorithm.EC_P256.generate());

    assertThat(codeOf(() -> get(attest(client, "no-such-token", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(attest(client, "a/b", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(attest(client, "aws_iid", "x", csr))))
        .isEqualTo(GrpcStatus.FAILED_PRECONDITION);
    assertThat(codeOf(() -> get(attest(client, "join_token", "", csr))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void aBadCsrLeavesTheTokenGood() {
    var token = broker.joinToken();
    var key = KeyAlgorithm.EC_P256.generate();
    var stranger = KeyAlgorithm.EC_P256.generate();

    assertThat(codeOf(() -> get(attest(broker.anonymous(), token, new byte[] {1, 2, 3}))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(
            codeOf(() ->
                get(attest(broker.anonymous(), token, csr(key, stranger, List.of(), List.of())))))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(broker.node(token, key).id().path()).endsWith(token);
  }

  @Test
  void anAgentSyncsItsEntriesAndGetsTheirSvids() {
    var node = broker.attest();
    var entry = create(entry(node.id(), "/sync/app").toBuilder().addDnsNames("app.test").build());
    var agent = broker.as(node.identity());

    var sync =
        agent.bidi(EntryGrpcClient.SyncAuthorizedEntries, CallOptions.within(TestBroker.LIMIT));
    sync.send(SyncAuthorizedEntriesRequest.getDefaultInstance());
    var page = get(sync.next(TestBroker.LIMIT)).orElseThrow();
    assertThat(page.getEntriesList()).containsExactly(entry);
    assertThat(get(sync.next(TestBroker.LIMIT))).as("the stream ends").isEmpty();
    assertThat(
            get(
                    agent,
                    EntryGrpcClient.GetAuthorizedEntries,
                    GetAuthorizedEntriesRequest.getDefaultInstance())
                .getEntriesList())
        .containsExactly(entry);

    var keys = KeyAlgorithm.EC_P256.generate();
    var result =
        get(
                agent,
                SVIDGrpcClient.BatchNewX509SVID,
                BatchNewX509SVIDRequest.newBuilder()
                    .addParams(params(entry.getId(), csr(keys)))
                    .build())
            .getResults(0);
    var svid =
        X509Svid.parse(
            result.getSvid().getCertChainList().stream().map(ByteString::toByteArray).toList());
    assertThat(result.hasStatus()).isTrue();
    assertThat(svid.id()).hasToString("spiffe://example.org/sync/app");
    assertThat(svid.leaf().getPublicKey()).isEqualTo(keys.getPublic());

    var token =
        get(
                agent,
                SVIDGrpcClient.NewJWTSVID,
                NewJWTSVIDRequest.newBuilder().setEntryId(entry.getId()).addAudience("db").build())
            .getSvid();
    assertThat(token.getToken().split("\\.")).hasSize(3);
    assertThat(token.getId()).isEqualTo(entry.getSpiffeId());
    assertThat(token.getExpiresAt()).isGreaterThan(token.getIssuedAt());
  }

  private static NewX509SVIDParams params(String entryId, byte[] csr) {
    return NewX509SVIDParams.newBuilder()
        .setEntryId(entryId)
        .setCsr(ByteString.copyFrom(csr))
        .build();
  }

  @Test
  void aBatchAnswersEachItemInItsPlace() {
    var node = broker.attest();
    var mine = create(entry(node.id(), "/batch/mine"));
    var foreign = create(entry(broker.attest().id(), "/batch/foreign"));
    var key = KeyAlgorithm.EC_P256.generate();
    var good = csr(key);
    var request =
        BatchNewX509SVIDRequest.newBuilder()
            .addParams(params(mine.getId(), good))
            .addParams(params("no-such-entry", good))
            .addParams(params(foreign.getId(), good))
            .addParams(params(mine.getId(), new byte[] {0x30, 0}))
            .addParams(
                params(
                    mine.getId(), csr(key, KeyAlgorithm.EC_P256.generate(), List.of(), List.of())))
            .addParams(params("", good))
            .addParams(params(mine.getId(), good))
            .build();

    var results =
        get(broker.as(node.identity()), SVIDGrpcClient.BatchNewX509SVID, request).getResultsList();

    assertThat(results)
        .extracting(r -> r.getStatus().getCode())
        .containsExactly(0, 5, 5, 3, 3, 3, 0);
    assertThat(results).allSatisfy(r -> assertThat(r.hasStatus()).isTrue());
    assertThat(results)
        .allSatisfy(r -> assertThat(r.hasSvid()).isEqualTo(r.getStatus().getCode() == 0));
  }

  @Test
  void aBatchHasAtLeastOneAndAtMost500Items() {
    var agent = broker.as(broker.attest().identity());
    var tooMany = BatchNewX509SVIDRequest.newBuilder();
    for (int i = 0; i < 501; i++) {
      tooMany.addParams(params("e", new byte[] {1}));
    }

    assertThat(
            codeOf(() ->
                get(
                    agent,
                    SVIDGrpcClient.BatchNewX509SVID,
                    BatchNewX509SVIDRequest.getDefaultInstance())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(agent, SVIDGrpcClient.BatchNewX509SVID, tooMany.build())))
        .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
  }

  @Test
  void aJwtSvidNeedsAnEntryOfTheAgentAndAnAudience() {
    var node = broker.attest();
    var entry = create(entry(node.id(), "/jwt/app"));
    var agent = broker.as(node.identity());

    assertThat(
            codeOf(() ->
                get(
                    agent,
                    SVIDGrpcClient.NewJWTSVID,
                    NewJWTSVIDRequest.newBuilder().setEntryId("x").addAudience("a").build())))
        .isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(
            codeOf(() ->
                get(
                    agent,
                    SVIDGrpcClient.NewJWTSVID,
                    NewJWTSVIDRequest.newBuilder()
                        .setEntryId(entry.getId())
                        .addAudience("")
                        .build())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void aBannedAgentLearnsItAndCannotComeBack() {
    var token = broker.joinToken();
    var keys = KeyAlgorithm.EC_P256.generate();
    var node = broker.node(token, keys);
    var agent = broker.as(node.identity());
    postStatus(agent);

    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_BANNED);
    var again = refusal(() -> broker.node(token, keys));
    assertThat(again.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(again.status().details()).as("no reason at attestation").isEmpty();
  }

  @Test
  void aConnectionOpenedBeforeABanIsOfNoUseAfterIt() {
    var node = broker.attest();
    var agent = broker.as(node.identity());
    postStatus(agent);
    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    for (int i = 0; i < 3; i++) {
      assertThat(codeOf(() -> postStatus(agent)))
          .isIn(GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNAVAILABLE);
    }
  }

  @Test
  void anEvictedAgentIsNotAttested() {
    var node = broker.attest();
    get(
        broker.local(),
        AgentGrpcClient.DeleteAgent,
        DeleteAgentRequest.newBuilder().setId(wire(node.id().path())).build());

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ATTESTED);
  }

  @Test
  void aRenewedAgentMayUseItsOldSvidUntilItFirstUsesTheNewOne() {
    var node = broker.attest();
    var keys = KeyAlgorithm.EC_P256.generate();
    var renewed =
        get(
                broker.as(node.identity()),
                AgentGrpcClient.RenewAgent,
                RenewAgentRequest.newBuilder()
                    .setParams(
                        AgentX509SVIDParams.newBuilder().setCsr(ByteString.copyFrom(csr(keys))))
                    .build())
            .getSvid();
    var next =
        new dev.entente.rpc.TlsIdentity(
            keys.getPrivate(),
            renewed.getCertChainList().stream()
                .map(der -> dev.entente.spiffe.Certificates.parse(der.toByteArray()))
                .toList());

    postStatus(broker.as(node.identity()));
    postStatus(broker.as(next));

    assertThat(reasonOf(() -> postStatus(broker.as(node.identity()))))
        .isEqualTo(Reason.AGENT_NOT_ACTIVE);
    postStatus(broker.as(next));
  }

  @Test
  void createIsIdempotentAndEchoesTheEntryThatIsThere() {
    var parent = SpiffeId.of(TestBroker.DOMAIN, "/unattested/parent");
    var first = create(entry(parent, "/idem/app"));
    var request =
        BatchCreateEntryRequest.newBuilder()
            .addEntries(entry(parent, "/idem/app").toBuilder().setHint("other"))
            .addEntries(entry(parent, "/spire/server"))
            .addEntries(entry(parent, "/idem/dns").toBuilder().addDnsNames("-bad-"))
            .build();

    var results = get(broker.local(), EntryGrpcClient.BatchCreateEntry, request).getResultsList();

    assertThat(results).extracting(r -> r.getStatus().getCode()).containsExactly(6, 3, 3);
    assertThat(results.getFirst().getEntry()).isEqualTo(first);
    assertThat(results).allSatisfy(r -> assertThat(r.getStatus().getMessage()).isNotEmpty());
  }

  @Test
  void aLocalCallerAdministersAndNeverPassesAsAnAgent() {
    var local = broker.local();
    get(local, EntryGrpcClient.ListEntries, ListEntriesRequest.getDefaultInstance());

    assertThat(codeOf(() -> postStatus(local))).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(
            codeOf(() ->
                get(
                    local,
                    EntryGrpcClient.GetAuthorizedEntries,
                    GetAuthorizedEntriesRequest.getDefaultInstance())))
        .isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void anAgentAndAStrangerDoNotAdminister() {
    var agent = broker.as(broker.attest().identity());
    var list = ListEntriesRequest.getDefaultInstance();

    assertThat(codeOf(() -> get(agent, EntryGrpcClient.ListEntries, list)))
        .isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(codeOf(() -> get(broker.anonymous(), EntryGrpcClient.ListEntries, list)))
        .isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(codeOf(() -> postStatus(broker.anonymous())))
        .isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void aWorkloadWithAnAdminEntryAdministersOverTls() {
    var node = broker.attest();
    var entry = create(entry(node.id(), "/ops/admin").toBuilder().setAdmin(true).build());
    var keys = KeyAlgorithm.EC_P256.generate();
    var svid =
        get(
                broker.as(node.identity()),
                SVIDGrpcClient.BatchNewX509SVID,
                BatchNewX509SVIDRequest.newBuilder()
                    .addParams(params(entry.getId(), csr(keys)))
                    .build())
            .getResults(0)
            .getSvid();
    var identity =
        new dev.entente.rpc.TlsIdentity(
            keys.getPrivate(),
            svid.getCertChainList().stream()
                .map(der -> dev.entente.spiffe.Certificates.parse(der.toByteArray()))
                .toList());

    var listed =
        get(
            broker.as(identity),
            EntryGrpcClient.ListEntries,
            ListEntriesRequest.getDefaultInstance());

    assertThat(listed.getEntriesList()).contains(entry);
    assertThat(reasonOf(() -> postStatus(broker.as(identity))))
        .isEqualTo(Reason.AGENT_NOT_ATTESTED);
  }

  @Test
  void listsInPagesUntilTheTokenIsEmpty() {
    var parent = SpiffeId.of(TestBroker.DOMAIN, "/paging/parent");
    for (int i = 0; i < 5; i++) {
      create(entry(parent, "/paging/app" + i));
    }
    var seen = new ArrayList<String>();
    var request =
        ListEntriesRequest.newBuilder()
            .setFilter(ListEntriesRequest.Filter.newBuilder().setByParentId(wire(parent.path())))
            .setPageSize(2);
    Optional<String> token;
    do {
      var page = get(broker.local(), EntryGrpcClient.ListEntries, request.build());
      page.getEntriesList().forEach(e -> seen.add(e.getSpiffeId().getPath()));
      token = Optional.of(page.getNextPageToken()).filter(t -> !t.isEmpty());
      token.ifPresent(request::setPageToken);
    } while (token.isPresent());

    assertThat(seen)
        .containsExactly(
            "/paging/app0", "/paging/app1", "/paging/app2", "/paging/app3", "/paging/app4");
  }
}
