package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SpiffeBrokerFixture.fetch;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.jwtRequest;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.ofPid;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.reference;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.statusOf;
import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.StringValue;
import com.google.rpc.ErrorInfo;
import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.workload.AttestedPod;
import dev.entente.agent.workload.PodReference;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDRequest;
import dev.entente.wire.spiffe.broker.JWTSVID;
import dev.entente.wire.spiffe.broker.KubernetesObjectKey;
import dev.entente.wire.spiffe.broker.KubernetesObjectReference;
import dev.entente.wire.spiffe.broker.KubernetesObjectType;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDResponse;
import dev.entente.wire.spiffe.broker.WorkloadPIDReference;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import dev.entente.wire.spiffe.broker.X509SVID;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an authorised SPIFFE broker gets, and what it is refused.
class SpiffeBrokerApiTest {
  private static final AgentEntry WEB = entry("web", "k8s:sa:web");
  private static final String OWN = "spiffe://example.org";
  private static final String INVALID = "WORKLOAD_REFERENCE_INVALID";
  private static final String NOT_FOUND = "WORKLOAD_NOT_FOUND";
  private static final String UID = "0b6b1c1e-7a4e-4c0a-9a53-3f1c2b8a9d10";
  private static final PodReference.Name WEB_0 = new PodReference.Name("shop", "web-0");
  private static final WorkloadReference THIS_PROCESS = ofPid(ProcessHandle.current().pid());

  @TempDir private Path directory;

  private SpiffeBrokerFixture api;
  private RpcClient broker;

  @BeforeEach
  void start() throws Exception {
    api = new SpiffeBrokerFixture(directory);
    broker = api.broker();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  @Tag("Q-22")
  void givesAllThatTheWorkloadWouldGetItself() throws Exception {
    api.source.setFederated(api.source.foreignBundle(TrustDomain.parse("partner.example")));
    api.source.setEntries(
        federatingWith(withHint(WEB, "main", Instant.EPOCH), "partner.example"),
        withHint(entry("xtra", "k8s:sa:web"), "main", Instant.EPOCH.plusSeconds(1)));

    var message = api.x509Svids(broker, THIS_PROCESS).next();

    assertThat(message.getSvidsList())
        .extracting(X509SVID::getSpiffeId)
        .containsExactly(OWN + "/web", OWN + "/xtra");
    assertThat(message.getSvidsList()).extracting(X509SVID::getHint).containsExactly("main", "");
    assertThat(message.getFederatedBundlesMap()).containsOnlyKeys("spiffe://partner.example");
    for (var svid : message.getSvidsList()) {
      var chain = X509Svid.parseConcatenated(svid.getX509Svid().toByteArray());
      assertThat(chain.id()).hasToString(svid.getSpiffeId());
      var key = PrivateKeys.fromPkcs8(svid.getX509SvidKey().toByteArray());
      assertThat(PrivateKeys.isPair(key, chain.leaf().getPublicKey())).isTrue();
      assertThat(svid.getBundle().byteAt(0)).isEqualTo((byte) 0x30);
    }
    assertThat(api.x509Bundles(broker, THIS_PROCESS).next().getBundlesMap())
        .containsOnlyKeys(OWN, "spiffe://partner.example");
    assertThat(api.jwtBundles(broker, THIS_PROCESS).next().getBundlesMap())
        .containsOnlyKeys(OWN, "spiffe://partner.example")
        .allSatisfy((_, jwks) ->
            assertThat(jwks.toStringUtf8()).contains("\"keys\"").doesNotContain("x509-svid"));
  }

  @Test
  void givesTokensForAllIdentitiesOrTheOneAskedFor() throws Exception {
    api.source.setEntries(WEB, entry("xtra", "k8s:sa:web"));
    var all = jwtRequest(THIS_PROCESS, "db", "cache");

    assertThat(await(fetch(broker, all)).getSvidsList())
        .extracting(JWTSVID::getSpiffeId)
        .containsExactly(OWN + "/web", OWN + "/xtra");
    var one = all.toBuilder().setSpiffeId(OWN + "/xtra").build();
    assertThat(await(fetch(broker, one)).getSvidsList())
        .singleElement()
        .satisfies(it -> {
          assertThat(it.getSpiffeId()).isEqualTo(OWN + "/xtra");
          assertThat(it.getSvid().split("\\.", -1)).hasSize(3);
        });
    assertRefused(
        statusOf(fetch(broker, all.toBuilder().setSpiffeId(OWN + "/other").build())),
        GrpcStatus.PERMISSION_DENIED,
        "WORKLOAD_NOT_ENTITLED");
  }

  @Test
  void hidesAdministratorsDownstreamsAndWhatIsForAStore() throws Exception {
    api.source.setEntries(
        WEB,
        flagged(entry("admin", "k8s:sa:web"), true, false, false),
        flagged(entry("downstream", "k8s:sa:web"), false, true, false),
        flagged(entry("vault", "k8s:sa:web"), false, false, true));

    assertThat(ids(api.x509Svids(broker, THIS_PROCESS).next())).containsExactly(OWN + "/web");
    assertThat(await(fetch(broker, jwtRequest(THIS_PROCESS, "db"))).getSvidsList())
        .extracting(JWTSVID::getSpiffeId)
        .containsExactly(OWN + "/web");
  }

  @Test
  void pushesEveryChangeAndEndsWhenTheLastIdentityGoes() throws Exception {
    api.source.setEntries(WEB);
    var svids = api.x509Svids(broker, THIS_PROCESS);
    var bundles = api.x509Bundles(broker, THIS_PROCESS);
    var first = svids.next();
    assertThat(bundles.next().getBundlesMap()).containsOnlyKeys(OWN);

    api.source.setEntries(atRevision(WEB, 1));
    assertThat(svids.next()).isNotEqualTo(first);
    api.source.setEntries();

    assertRefused(svids.endStatus(), GrpcStatus.PERMISSION_DENIED, "WORKLOAD_NOT_ENTITLED");
    assertRefused(bundles.endStatus(), GrpcStatus.PERMISSION_DENIED, "WORKLOAD_NOT_ENTITLED");
  }

  @Test
  void refusesAWorkloadWithoutAnIdentity() throws Exception {
    api.source.setEntries(entry("other", "k8s:sa:other"));

    assertEveryMethodRefuses(THIS_PROCESS, GrpcStatus.PERMISSION_DENIED, "WORKLOAD_NOT_ENTITLED");
  }

  @Test
  @Tag("Q-20")
  void refusesReferencesThatNameNothing() throws Exception {
    api.source.setEntries(WEB);

    for (var bad :
        List.of(
            WorkloadReference.getDefaultInstance(),
            WorkloadReference.newBuilder().setReference(Any.getDefaultInstance()).build(),
            ofPid(0),
            ofPid(-1),
            ofPid(Integer.MIN_VALUE),
            reference(StringValue.of("1")),
            typed("type.googleapis.com/vendor.example.Reference", new byte[0]),
            typed("spiffe.broker.WorkloadPIDReference", new byte[] {8, 1}),
            typed("type.googleapis.com/spiffe.broker.WorkloadPIDReference", new byte[] {8}),
            typed("type.googleapis.com/spiffe.broker.WorkloadReference", new byte[] {8, 1}))) {
      assertEveryMethodRefuses(bad, GrpcStatus.INVALID_ARGUMENT, INVALID);
    }
  }

  @Test
  void knowsReferencesByTheirTypeWhateverStandsBeforeIt() throws Exception {
    api.source.setEntries(WEB);
    var pid = WorkloadPIDReference.newBuilder().setPid((int) ProcessHandle.current().pid()).build();
    var reference = typed("types.example/spiffe.broker.WorkloadPIDReference", pid.toByteArray());

    assertThat(api.endings(broker, reference).values()).containsOnly(RpcStatus.OK);
  }

  @Test
  void refusesTokensForNobody() throws Exception {
    api.source.setEntries(WEB);

    for (var request :
        List.of(
            jwtRequest(THIS_PROCESS),
            jwtRequest(THIS_PROCESS, "db", ""),
            jwtRequest(THIS_PROCESS, "db").toBuilder().setSpiffeId("web").build(),
            FetchJWTSVIDRequest.getDefaultInstance())) {
      assertThat(statusOf(fetch(broker, request)).code())
          .as("%s", request)
          .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
  }

  @Test
  void findsNoProcessThatHasEnded() throws Exception {
    api.source.setEntries(WEB);
    var child = new ProcessBuilder("/bin/true").start();
    child.waitFor();

    assertEveryMethodRefuses(ofPid(child.pid()), GrpcStatus.NOT_FOUND, NOT_FOUND);
    assertThat(api.source.jwtsAsked()).as("BRA-55").isZero();
  }

  @Test
  void endsTheStreamsOfAProcessThatEndsAndOfNoOther() throws Exception {
    api.source.setEntries(WEB);
    var child = new ProcessBuilder("sleep", "600").start();
    try {
      var svids = api.x509Svids(broker, ofPid(child.pid()));
      var bundles = api.jwtBundles(broker, ofPid(child.pid()));
      var others = api.x509Svids(broker, THIS_PROCESS);
      svids.next();
      bundles.next();
      others.next();

      child.destroyForcibly().waitFor();

      assertRefused(svids.endStatus(), GrpcStatus.NOT_FOUND, NOT_FOUND);
      assertRefused(bundles.endStatus(), GrpcStatus.NOT_FOUND, NOT_FOUND);
      assertThat(svids.hasMessage()).isFalse();
      api.source.setEntries(atRevision(WEB, 1));
      assertThat(ids(others.next())).containsExactly(OWN + "/web");
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void isUnavailableWhileNobodySaysWhatAProcessIs() throws Exception {
    api.source.setEntries(WEB);
    api.attestor.isDown = true;
    assertThat(api.endings(broker, THIS_PROCESS).values())
        .allSatisfy(status -> assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE));

    api.attestor.isDown = false;

    assertThat(api.endings(broker, THIS_PROCESS).values()).containsOnly(RpcStatus.OK);
  }

  @Test
  void isUnavailableBeforeTheFirstSync() throws Exception {
    assertThat(api.endings(broker, THIS_PROCESS).values())
        .allSatisfy(status -> assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE));
  }

  @Test
  void findsAPodByNameByUidAndByBoth() throws Exception {
    api.source.setEntries(WEB);
    api.attestor.pods.put(WEB_0, pod(UID));

    for (var named :
        List.of(
            object("pods", "core", "shop", "web-0", ""),
            object("pods", "core", "", "", UID),
            object("pods", "core", "shop", "web-0", UID.toUpperCase(Locale.ROOT)))) {
      assertThat(api.endings(broker, reference(named)).values())
          .as("%s", named)
          .containsOnly(RpcStatus.OK);
    }
  }

  @Test
  @Tag("Q-20")
  void findsNoPodThatIsNotThere() throws Exception {
    api.source.setEntries(WEB);
    api.attestor.pods.put(WEB_0, pod(UID));
    var other = UID.replace('0', '1');

    for (var named :
        List.of(
            object("pods", "core", "shop", "web-1", ""),
            object("pods", "core", "bank", "web-0", ""),
            object("pods", "core", "", "", other),
            object("pods", "core", "shop", "web-0", other))) {
      assertEveryMethodRefuses(reference(named), GrpcStatus.NOT_FOUND, NOT_FOUND);
    }
  }

  @Test
  void refusesObjectsThatAreNamedBadlyOrAreNoPods() throws Exception {
    api.source.setEntries(WEB);

    for (var bad :
        List.of(
            KubernetesObjectReference.getDefaultInstance(),
            object("", "core", "shop", "web-0", ""),
            object("pods", "", "shop", "web-0", ""),
            object("deployments", "apps", "shop", "web", ""),
            object("nodes", "core", "", "node-1", ""),
            object("pods", "core", "", "web-0", ""),
            object("pods", "core", "shop", "", UID),
            object("pods", "core", "", "", ""),
            object("pods", "core", "", "", "web-0"),
            object("pods", "core", "shop", "web-0", UID + "0"))) {
      assertEveryMethodRefuses(reference(bad), GrpcStatus.INVALID_ARGUMENT, INVALID);
    }
  }

  @Test
  void endsTheStreamOfAPodWhoseNameAnotherHasTaken() throws Exception {
    api.source.setEntries(WEB);
    api.attestor.pods.put(WEB_0, pod(UID));
    var stream = api.x509Svids(broker, reference(object("pods", "core", "shop", "web-0", "")));
    stream.next();

    api.attestor.pods.put(WEB_0, pod(UID.replace('0', '1')));
    api.source.setEntries(atRevision(WEB, 1));

    assertRefused(stream.endStatus(), GrpcStatus.NOT_FOUND, NOT_FOUND);
    assertThat(stream.hasMessage()).isFalse();
  }

  @Test
  void isUnavailableWhileNobodySaysWhatAPodIs() throws Exception {
    api.source.setEntries(WEB);
    api.attestor.isDown = true;

    var named = reference(object("pods", "core", "shop", "web-0", ""));
    assertThat(api.endings(broker, named).values())
        .allSatisfy(status -> assertThat(status.code()).isEqualTo(GrpcStatus.UNAVAILABLE));
  }

  @Test
  void knowsNoPodsWithoutAnAttestorForThem() throws Exception {
    try (var without =
        new SpiffeBrokerFixture(directory.resolve("without"), WorkloadProfile.STABLE, false)) {
      without.source.setEntries(WEB);
      var named = reference(object("pods", "core", "shop", "web-0", ""));

      assertThat(without.endings(without.broker(), named).values())
          .allSatisfy(status -> assertRefused(status, GrpcStatus.INVALID_ARGUMENT, INVALID));
    }
  }

  @Test
  @Tag("Q-17")
  void answersUnimplementedForAProfileThatIsSwitchedOff() throws Exception {
    try (var x509Only =
        new SpiffeBrokerFixture(directory.resolve("x509"), Set.of(WorkloadProfile.X509), true)) {
      x509Only.source.setEntries(WEB);
      var endings = x509Only.endings(x509Only.broker(), THIS_PROCESS);

      assertThat(endings.get("SubscribeToX509SVID")).isEqualTo(RpcStatus.OK);
      assertThat(endings.get("SubscribeToX509Bundles")).isEqualTo(RpcStatus.OK);
      for (var method : List.of("FetchJWTSVID", "SubscribeToJWTBundles")) {
        assertThat(endings.get(method))
            .as(method)
            .extracting(RpcStatus::code)
            .isEqualTo(GrpcStatus.UNIMPLEMENTED);
      }
    }
  }

  private void assertEveryMethodRefuses(WorkloadReference reference, GrpcStatus code, String reason)
      throws Exception {
    for (var ending : api.endings(broker, reference).entrySet()) {
      assertThat(ending.getValue().code())
          .as("%s of %s: %s", ending.getKey(), reference, ending.getValue().message())
          .isEqualTo(code);
      assertRefused(ending.getValue(), code, reason);
    }
  }

  private static void assertRefused(RpcStatus status, GrpcStatus code, String reason) {
    assertThat(status.code()).as(status.message()).isEqualTo(code);
    var info = ErrorInfo.newBuilder().setReason(reason).setDomain("spiffe.io").build();
    assertThat(status.detail(ErrorInfo.class)).as(status.message()).contains(info);
  }

  private static WorkloadReference typed(String url, byte[] value) {
    return WorkloadReference.newBuilder()
        .setReference(Any.newBuilder().setTypeUrl(url).setValue(ByteString.copyFrom(value)))
        .build();
  }

  /// Without a key if both of its parts are empty.
  private static KubernetesObjectReference object(
      String plural, String group, String namespace, String name, String uid) {
    var object =
        KubernetesObjectReference.newBuilder()
            .setType(KubernetesObjectType.newBuilder().setPlural(plural).setGroup(group))
            .setUid(uid);
    if (!namespace.isEmpty() || !name.isEmpty()) {
      object.setKey(KubernetesObjectKey.newBuilder().setNamespace(namespace).setName(name));
    }
    return object.build();
  }

  private static AttestedPod pod(String uid) {
    return new AttestedPod(uid, Set.of(Selector.parse("k8s:sa:web")));
  }

  private static List<String> ids(SubscribeToX509SVIDResponse response) {
    return response.getSvidsList().stream().map(X509SVID::getSpiffeId).toList();
  }
}
