package dev.entente.broker;

import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.StringValue;
import dev.entente.rpc.CallOptions;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesResponse;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who makes entries, and who gets SVIDs by them, over real sockets.
class BrokerEntriesTest extends BrokerCalls {
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
    var request =
        ListEntriesRequest.newBuilder()
            .setFilter(ListEntriesRequest.Filter.newBuilder().setByParentId(wire(parent.path())))
            .setPageSize(2);

    var pages =
        pages(
            token ->
                get(
                    broker.local(),
                    EntryGrpcClient.ListEntries,
                    request.setPageToken(token).build()),
            ListEntriesResponse::getNextPageToken);

    assertThat(pages)
        .flatExtracting(ListEntriesResponse::getEntriesList)
        .extracting(entry -> entry.getSpiffeId().getPath())
        .containsExactly(
            "/paging/app0", "/paging/app1", "/paging/app2", "/paging/app3", "/paging/app4");
  }

  /// What no entry can have is a mistake, and no empty listing.
  @ParameterizedTest
  @CsvSource({
    "partner.example, /app, true",
    "example.org, /spire/agent/x, true",
    "example.org, '', true",
    "partner.example, /parent, false",
    "example.org, '', false"
  })
  void refusesFiltersByIdsThatNoEntryHas(String domain, String path, boolean isSpiffeId) {
    var id = SPIFFEID.newBuilder().setTrustDomain(domain).setPath(path).build();
    var listed = ListEntriesRequest.Filter.newBuilder();
    var counted = CountEntriesRequest.Filter.newBuilder();
    if (isSpiffeId) {
      listed.setBySpiffeId(id);
      counted.setBySpiffeId(id);
    } else {
      listed.setByParentId(id);
      counted.setByParentId(id);
    }
    var list = ListEntriesRequest.newBuilder().setFilter(listed).build();
    var count = CountEntriesRequest.newBuilder().setFilter(counted).build();

    assertThat(codeOf(() -> get(broker.local(), EntryGrpcClient.ListEntries, list)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(() -> get(broker.local(), EntryGrpcClient.CountEntries, count)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void anEmptyHintFiltersNothing() {
    create(
        entry(SpiffeId.of(TestBroker.DOMAIN, "/hints/parent"), "/hints/app").toBuilder()
            .setHint("a")
            .build());
    var filter =
        ListEntriesRequest.Filter.newBuilder()
            .setByParentId(wire("/hints/parent"))
            .setByHint(StringValue.getDefaultInstance());

    var found =
        get(
            broker.local(),
            EntryGrpcClient.ListEntries,
            ListEntriesRequest.newBuilder().setFilter(filter).build());

    assertThat(found.getEntriesList()).hasSize(1);
  }
}
