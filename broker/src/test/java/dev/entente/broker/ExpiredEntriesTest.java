package dev.entente.broker;

import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.entente.broker.v1.FetchEntriesRequest;
import dev.entente.wire.entente.broker.v1.PushGrpcClient;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.SyncAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewWITSVIDParams;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Selector;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An entry that has expired and is not pruned yet")
class ExpiredEntriesTest {
  /// Less than what a broker takes for a pause, after which it signs nothing for a while.
  private static final Duration LIFE = Duration.ofSeconds(5);

  private final ManualClock clock = ManualClock.atPresent();
  private TestBroker broker;
  private RpcClient agent;
  private String expiring;
  private String lasting;

  @BeforeEach
  void start(@TempDir Path directory) {
    broker = TestBroker.start(directory, "wit-svids: true\nprune: {every: 24h}\n", clock);
    var node = broker.attest();
    agent = broker.as(node.identity());
    var end = clock.instant().getEpochSecond() + LIFE.toSeconds();
    expiring = broker.create(entry(node, "/expiring").setExpiresAt(end).build()).getId();
    lasting = broker.create(entry(node, "/lasting").build()).getId();
    clock.advance(LIFE.minusSeconds(1));
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private static Entry.Builder entry(TestBroker.Node node, String path) {
    return Entry.newBuilder()
        .setSpiffeId(wire(path))
        .setParentId(wire(node.id().path()))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"));
  }

  private void expire() {
    clock.advance(Duration.ofSeconds(1));
  }

  @Test
  void getsNoX509SvidFromItsLastSecondOn() {
    assertThat(x509(expiring)).isEqualTo(GrpcStatus.OK);

    expire();

    assertThat(x509(expiring)).isEqualTo(GrpcStatus.NOT_FOUND).isEqualTo(x509("no-such-entry"));
    assertThat(x509(lasting)).isEqualTo(GrpcStatus.OK);
  }

  private GrpcStatus x509(String entryId) {
    var csr = ByteString.copyFrom(csr(KeyAlgorithm.EC_P256.generate()));
    var request =
        BatchNewX509SVIDRequest.newBuilder()
            .addParams(NewX509SVIDParams.newBuilder().setEntryId(entryId).setCsr(csr))
            .build();
    var result = get(agent, SVIDGrpcClient.BatchNewX509SVID, request).getResults(0);
    return GrpcStatus.valueOf(result.getStatus().getCode());
  }

  @Test
  void getsNoWitSvid() {
    assertThat(wit()).isEqualTo(GrpcStatus.OK);

    expire();

    assertThat(wit()).isEqualTo(GrpcStatus.NOT_FOUND);
  }

  private GrpcStatus wit() {
    var key = ByteString.copyFrom(KeyAlgorithm.EC_P256.generate().getPublic().getEncoded());
    var request =
        BatchNewWITSVIDRequest.newBuilder()
            .addParams(
                NewWITSVIDParams.newBuilder()
                    .setEntryId(expiring)
                    .setPublicKey(key)
                    .setSigningAlgorithm("ES256"))
            .build();
    var result = get(agent, SVIDGrpcClient.BatchNewWITSVID, request).getResults(0);
    return GrpcStatus.valueOf(result.getStatus().getCode());
  }

  @Test
  void getsNoJwtSvid() {
    var request =
        NewJWTSVIDRequest.newBuilder().setEntryId(expiring).addAudience("spiffe://x/y").build();
    get(agent, SVIDGrpcClient.NewJWTSVID, request);

    expire();

    assertThat(BrokerCalls.codeOf(() -> get(agent, SVIDGrpcClient.NewJWTSVID, request)))
        .isEqualTo(GrpcStatus.NOT_FOUND);
  }

  @Test
  void isNotAmongTheEntriesAnAgentReads() {
    assertThat(synced()).containsExactlyInAnyOrder(expiring, lasting);
    assertThat(authorized()).containsExactlyInAnyOrder(expiring, lasting);
    assertThat(fetched()).containsExactlyInAnyOrder(expiring, lasting);

    expire();

    assertThat(synced()).containsExactly(lasting);
    assertThat(authorized()).containsExactly(lasting);
    assertThat(fetched()).containsExactly(lasting);
  }

  private List<String> synced() {
    var sync =
        agent.bidi(EntryGrpcClient.SyncAuthorizedEntries, CallOptions.within(TestBroker.LIMIT));
    sync.send(SyncAuthorizedEntriesRequest.getDefaultInstance());
    return ids(get(sync.next(TestBroker.LIMIT)).orElseThrow().getEntriesList());
  }

  private List<String> authorized() {
    var request = GetAuthorizedEntriesRequest.getDefaultInstance();
    return ids(get(agent, EntryGrpcClient.GetAuthorizedEntries, request).getEntriesList());
  }

  private List<String> fetched() {
    var request = FetchEntriesRequest.newBuilder().addIds(expiring).addIds(lasting).build();
    return ids(get(agent, PushGrpcClient.FetchEntries, request).getEntriesList());
  }

  private static List<String> ids(List<Entry> entries) {
    return entries.stream().map(Entry::getId).toList();
  }
}
