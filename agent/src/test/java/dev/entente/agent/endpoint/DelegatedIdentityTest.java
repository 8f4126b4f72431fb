package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.endpoint.WorkloadApiFixture.codeOf;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.runtime.Health;
import dev.entente.runtime.Version;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.spire.agent.delegatedidentity.v1.DelegatedIdentityGrpcClient;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToJWTBundlesRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToJWTBundlesResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509BundlesRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509BundlesResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsRequest;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The delegate is this very process, over a real socket; what it is found to be, a test says.
class DelegatedIdentityTest {
  private static final AgentEntry CNI = entry("cni", "unix:uid:1");
  private static final AgentEntry API = entry("api", "unix:uid:2");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String OWN = "spiffe://example.org";

  @TempDir private Path directory;

  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source = new FakeIdentitySource(clock);
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final SvidCache cache =
      new SvidCache(vertx, source, SvidCacheSettings.DEFAULT, clock, RandomGenerator.getDefault());

  private WorkloadAttestation attestation;
  private AdminEndpoint.Listening listening;
  private RpcClient client;

  private volatile WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));

  @BeforeEach
  void start() throws Exception {
    attestation =
        new WorkloadAttestation(vertx, Map.of("unix", workload -> attestor.attest(workload)));
    var endpoint =
        new AdminEndpoint(
            vertx,
            source,
            cache,
            () -> 0,
            attestation,
            Set.of(SpiffeId.parse(OWN + "/cni")),
            Health::ready,
            clock,
            new Version("1.2.3", "unknown", "25", Optional.empty()));
    await(cache.start());
    var socket = directory.resolve("admin.sock");
    listening = await(endpoint.listen(socket));
    client = RpcClient.overUnixSocket(vertx, socket);
  }

  @AfterEach
  void stop() throws Exception {
    await(client.close());
    await(listening.close());
    attestation.close();
    await(cache.stop());
    await(vertx.close());
  }

  @Test
  void givesADelegateTheSvidsOfWhoHasTheSelectors() throws Exception {
    source.setFederated(source.foreignBundle(TrustDomain.parse("partner.example")));
    source.setEntries(CNI, federatingWith(API, "partner.example"));

    var message = svids(selectors("unix:uid:2")).next();

    assertThat(message.getFederatesWithList()).containsExactly("spiffe://partner.example");
    var svid = message.getX509Svids(0);
    assertThat(svid.getX509Svid().getId().getTrustDomain()).isEqualTo("example.org");
    assertThat(svid.getX509Svid().getId().getPath()).isEqualTo("/api");
    var chain = X509Svid.parseConcatenated(svid.getX509Svid().getCertChain(0).toByteArray());
    assertThat(chain.id()).hasToString(OWN + "/api");
    assertThat(svid.getX509Svid().getExpiresAt()).isEqualTo(chain.notAfter().getEpochSecond());
    assertThat(
            PrivateKeys.isPair(
                PrivateKeys.fromPkcs8(svid.getX509SvidKey().toByteArray()),
                chain.leaf().getPublicKey()))
        .isTrue();
  }

  @Test
  void hidesAdministratorsDownstreamsForeignersAndWhatIsForAStore() throws Exception {
    source.refuse("admin");
    source.setEntries(
        CNI,
        API,
        flagged(entry("admin", "unix:uid:2"), true, false, false),
        flagged(entry("downstream", "unix:uid:2"), false, true, false),
        flagged(entry("vault", "unix:uid:2"), false, false, true),
        foreign(entry("stranger", "unix:uid:2")));

    assertThat(ids(svids(selectors("unix:uid:2")).next())).containsExactly("/api");
    assertThat(jwts(jwtRequest("unix:uid:2")).getSvidsList())
        .extracting(it -> it.getId().getPath())
        .containsExactly("/api");
  }

  @Test
  void givesHintsAsTheyWereRegistered() throws Exception {
    source.setEntries(
        CNI,
        withHint(entry("a", "unix:uid:2"), "main", Instant.EPOCH),
        withHint(entry("b", "unix:uid:2"), "main", Instant.EPOCH));

    assertThat(svids(selectors("unix:uid:2")).next().getX509SvidsList())
        .extracting(it -> it.getX509Svid().getHint())
        .containsExactly("main", "main");
    assertThat(jwts(jwtRequest("unix:uid:2")).getSvidsList())
        .extracting(it -> it.getHint())
        .containsExactly("main", "main");
  }

  @Test
  void saysThatNobodyIsThereAndThenWhoCame() throws Exception {
    source.setEntries(CNI);
    var stream = svids(selectors("unix:uid:2"));
    assertThat(stream.next()).isEqualTo(SubscribeToX509SVIDsResponse.getDefaultInstance());
    assertThat(codeOf(fetch(jwtRequest("unix:uid:2")))).isEqualTo(GrpcStatus.PERMISSION_DENIED);

    source.setEntries(CNI, API);
    assertThat(ids(stream.next())).containsExactly("/api");
    source.setEntries(CNI, atRevision(API, 1));
    assertThat(ids(stream.next())).containsExactly("/api");
    source.setEntries(CNI);

    assertThat(stream.next().getX509SvidsList()).isEmpty();
  }

  @Test
  void attestsTheProcessThatADelegateNamesByPid() throws Exception {
    var pid = Math.toIntExact(ProcessHandle.current().pid());
    source.setEntries(CNI, API);

    assertThat(ids(svids(ofPid(pid)).next())).containsExactly("/cni");
    assertThat(
            jwts(FetchJWTSVIDsRequest.newBuilder().setPid(pid).addAudience("db").build())
                .getSvidsList())
        .extracting(it -> it.getId().getPath())
        .containsExactly("/cni");
  }

  @Test
  void isUnavailableForAProcessThatIsGone() throws Exception {
    source.setEntries(CNI);
    var child = new ProcessBuilder("/bin/true").start();
    child.waitFor();

    assertThat(svids(ofPid(Math.toIntExact(child.pid()))).end()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void wantsSelectorsOrAPidAndNotBoth() throws Exception {
    source.setEntries(CNI);

    for (var request :
        List.of(
            SubscribeToX509SVIDsRequest.getDefaultInstance(),
            selectors("unix:uid:2").toBuilder().setPid(1).build(),
            ofPid(-1),
            SubscribeToX509SVIDsRequest.newBuilder().addSelectors(selector("", "uid:1")).build(),
            SubscribeToX509SVIDsRequest.newBuilder().addSelectors(selector("a:b", "c")).build(),
            SubscribeToX509SVIDsRequest.newBuilder().addSelectors(selector("a", "")).build())) {
      assertThat(svids(request).end()).as("%s", request).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
      var jwts =
          FetchJWTSVIDsRequest.newBuilder()
              .addAudience("db")
              .addAllSelectors(request.getSelectorsList())
              .setPid(request.getPid())
              .build();
      assertThat(codeOf(fetch(jwts))).as("%s", request).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
    assertThat(codeOf(fetch(jwtRequest("unix:uid:2").toBuilder().clearAudience().build())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(codeOf(fetch(jwtRequest("unix:uid:2").toBuilder().addAudience("").build())))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void givesEveryBundleTheAgentHoldsAndEachChange() throws Exception {
    source.setFederated(source.foreignBundle(TrustDomain.parse("partner.example")));
    source.setEntries(CNI);
    var x509 = x509Bundles();
    var jwt = jwtBundles();

    assertThat(x509.next().getCaCertificatesMap())
        .containsOnlyKeys(OWN, "spiffe://partner.example");
    assertThat(jwt.next().getBundlesMap()).containsOnlyKeys(OWN, "spiffe://partner.example");
    source.setFederated();

    assertThat(x509.next().getCaCertificatesMap()).containsOnlyKeys(OWN);
    assertThat(jwt.next().getBundlesMap()).containsOnlyKeys(OWN);
  }

  @Test
  void refusesWhoeverIsNoDelegate() throws Exception {
    source.setEntries(CNI, API);
    attestor = _ -> List.of(Selector.parse("unix:uid:2"));
    assertAllMethodsAnswer("another identity", GrpcStatus.PERMISSION_DENIED);
    attestor = _ -> List.of(Selector.parse("unix:uid:3"));
    assertAllMethodsAnswer("no identity", GrpcStatus.PERMISSION_DENIED);
    attestor =
        _ -> {
          throw new AttestationFault("nothing there");
        };
    assertAllMethodsAnswer("not attested", GrpcStatus.UNAVAILABLE);
  }

  @Test
  void isUnavailableBeforeTheFirstSync() throws Exception {
    assertAllMethodsAnswer("not synced", GrpcStatus.UNAVAILABLE);
  }

  @Test
  void tellsAFormerDelegateNothingMore() throws Exception {
    source.setEntries(CNI, API);
    var stream = svids(selectors("unix:uid:2"));
    stream.next();

    source.setEntries(atRevision(API, 1));

    assertThat(stream.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(stream.hasMessage()).isFalse();
  }

  @Test
  void givesNoTokenToWhoIsNoDelegateAnyMoreWhenItIsSigned() throws Exception {
    source.setEntries(CNI, API);
    source.whileJwtIsSigned(() -> source.setEntries(API));

    assertThat(codeOf(fetch(jwtRequest("unix:uid:2")))).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(source.jwtsAsked()).isOne();
  }

  @Test
  void givesNoTokenOfAProcessThatHasEndedWhenItIsSigned() throws Exception {
    source.setEntries(CNI);
    var child = new ProcessBuilder("sleep", "300").start();
    source.whileJwtIsSigned(() -> child.destroyForcibly().onExit().join());
    var request =
        FetchJWTSVIDsRequest.newBuilder()
            .setPid(Math.toIntExact(child.pid()))
            .addAudience("db")
            .build();

    assertThat(codeOf(fetch(request))).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(source.jwtsAsked()).isOne();
  }

  private void assertAllMethodsAnswer(String why, GrpcStatus expected) throws Exception {
    assertThat(svids(selectors("unix:uid:2")).end()).as(why).isEqualTo(expected);
    assertThat(x509Bundles().end()).as(why).isEqualTo(expected);
    assertThat(jwtBundles().end()).as(why).isEqualTo(expected);
    assertThat(codeOf(fetch(jwtRequest("unix:uid:2")))).as(why).isEqualTo(expected);
  }

  private WorkloadApiFixture.Stream<SubscribeToX509SVIDsResponse> svids(
      SubscribeToX509SVIDsRequest request) {
    var stream = new WorkloadApiFixture.Stream<SubscribeToX509SVIDsResponse>();
    client.serverStream(
        DelegatedIdentityGrpcClient.SubscribeToX509SVIDs, request, CallOptions.UNLIMITED, stream);
    return stream;
  }

  private WorkloadApiFixture.Stream<SubscribeToX509BundlesResponse> x509Bundles() {
    var stream = new WorkloadApiFixture.Stream<SubscribeToX509BundlesResponse>();
    client.serverStream(
        DelegatedIdentityGrpcClient.SubscribeToX509Bundles,
        SubscribeToX509BundlesRequest.getDefaultInstance(),
        CallOptions.UNLIMITED,
        stream);
    return stream;
  }

  private WorkloadApiFixture.Stream<SubscribeToJWTBundlesResponse> jwtBundles() {
    var stream = new WorkloadApiFixture.Stream<SubscribeToJWTBundlesResponse>();
    client.serverStream(
        DelegatedIdentityGrpcClient.SubscribeToJWTBundles,
        SubscribeToJWTBundlesRequest.getDefaultInstance(),
        CallOptions.UNLIMITED,
        stream);
    return stream;
  }

  private FetchJWTSVIDsResponse jwts(FetchJWTSVIDsRequest request) throws Exception {
    return await(fetch(request));
  }

  private Future<FetchJWTSVIDsResponse> fetch(FetchJWTSVIDsRequest request) {
    return client.unary(DelegatedIdentityGrpcClient.FetchJWTSVIDs, request, LIMIT);
  }

  private static FetchJWTSVIDsRequest jwtRequest(String selector) {
    return FetchJWTSVIDsRequest.newBuilder()
        .addAudience("db")
        .addAllSelectors(selectors(selector).getSelectorsList())
        .build();
  }

  private static SubscribeToX509SVIDsRequest selectors(String text) {
    var selector = Selector.parse(text);
    return SubscribeToX509SVIDsRequest.newBuilder()
        .addSelectors(selector(selector.type(), selector.value()))
        .build();
  }

  private static SubscribeToX509SVIDsRequest ofPid(int pid) {
    return SubscribeToX509SVIDsRequest.newBuilder().setPid(pid).build();
  }

  private static dev.entente.wire.spire.types.Selector selector(String type, String value) {
    return dev.entente.wire.spire.types.Selector.newBuilder().setType(type).setValue(value).build();
  }

  private static List<String> ids(SubscribeToX509SVIDsResponse response) {
    return response.getX509SvidsList().stream()
        .map(it -> it.getX509Svid().getId().getPath())
        .toList();
  }

  /// The same entry with an identity of another trust domain.
  private static AgentEntry foreign(AgentEntry entry) {
    return new AgentEntry(
        entry.id(),
        SpiffeId.parse("spiffe://partner.example/" + entry.id()),
        entry.selectors(),
        entry.federatesWith(),
        entry.admin(),
        entry.downstream(),
        entry.revisionNumber(),
        entry.storeSvid(),
        entry.hint(),
        entry.createdAt(),
        entry.disableX509SvidPrefetch(),
        entry.jwtSvidIncludeJti());
  }
}
