package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SecretStream.names;
import static dev.entente.agent.endpoint.SecretStream.unpack;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.envoy.discovery.DeltaDiscoveryResponse;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.secret.SecretDiscoveryServiceGrpcClient;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Incremental xDS, over a real socket.
class SecretDeltaTest {
  private static final AgentEntry API = entry("api", "unix:uid:1");
  private static final AgentEntry WEB =
      federatingWith(entry("web", "unix:uid:1"), "partner.example");
  private static final String OWN = "spiffe://example.org";
  private static final String PARTNER = "spiffe://partner.example";

  @TempDir private Path directory;

  private final WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));
  private WorkloadApiFixture agent;

  @BeforeEach
  void start() throws Exception {
    agent =
        new WorkloadApiFixture(directory, Map.of("unix", attestor), WorkloadApiSettings.DEFAULT);
    agent.source.setFederated(agent.source.foreignBundle(TrustDomain.parse("partner.example")));
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void answersEverythingToAFirstRequestWithoutNames() throws Exception {
    grant(API, WEB);
    var stream = open().subscribe();

    var all = stream.next();

    assertThat(names(all)).containsExactly(OWN, PARTNER, OWN + "/api", OWN + "/web");
    assertThat(all.getResourcesList())
        .allMatch(it -> unpack(it.getResource()).getName().equals(it.getName()));
    assertThat(names(open().subscribe("*").next())).containsExactlyElementsOf(names(all));
  }

  @Test
  void sendsOnlyWhatChanged() throws Exception {
    grant(API, WEB);
    var stream = open().subscribe();
    var all = stream.next();
    stream.confirm(all);

    agent.source.setEntries(API, atRevision(WEB, 1));

    var change = stream.next();
    assertThat(names(change)).containsExactly(OWN + "/web");
    assertThat(change.getResources(0).getVersion()).isNotEqualTo(versions(all).get(OWN + "/web"));
    assertThat(change.getRemovedResourcesList()).isEmpty();
  }

  @Test
  void addsAndTakesAwayNames() throws Exception {
    grant(API, WEB);
    var stream = open().subscribe("default");
    assertThat(names(stream.next())).containsExactly("default");

    stream.subscribe("ROOTCA", OWN + "/web");
    assertThat(names(stream.next())).containsExactlyInAnyOrder("ROOTCA", OWN + "/web");
    stream.unsubscribe("default", "ROOTCA").subscribe(OWN + "/web");
    assertThat(names(stream.next())).as("both were taken").containsExactly(OWN + "/web");
    agent.source.setEntries(atRevision(API, 1), atRevision(WEB, 1));

    var change = stream.next();
    assertThat(names(change)).containsExactly(OWN + "/web");
    assertThat(change.getRemovedResourcesList()).isEmpty();
  }

  @Test
  void keepsWhatIsNamedWhenEverythingIsNotWantedAnyMore() throws Exception {
    grant(API, WEB);
    var stream = open().subscribe("*", OWN + "/web");
    stream.next();

    stream.unsubscribe("*").subscribe(OWN + "/web");
    assertThat(names(stream.next())).as("both were taken").containsExactly(OWN + "/web");
    agent.source.setEntries(atRevision(API, 1), atRevision(WEB, 1));

    assertThat(names(stream.next())).containsExactly(OWN + "/web");
  }

  @Test
  void answersANameSubscribedToAgain() throws Exception {
    grant(API);
    var stream = open().subscribe("default");
    var first = stream.next();

    var again = stream.subscribe("default").next();

    assertThat(again.getResourcesList()).isEqualTo(first.getResourcesList());
  }

  @Test
  void doesNotSendAgainWhatTheClientHasFromAnEarlierStream() throws Exception {
    grant(API, WEB);
    var had = open().subscribe("default", OWN + "/web").next();

    agent.source.setEntries(API, atRevision(WEB, 1));
    var stream = open().subscribeHaving(versions(had), "default", OWN + "/web");

    assertThat(names(stream.next())).containsExactly(OWN + "/web");
  }

  @Test
  void staysOpenForAClientThatHasEverything() throws Exception {
    grant(API);
    var had = open().subscribe("default").next();
    var stream = open().subscribeHaving(versions(had), "default");
    // An answer to a later request: the first was taken, and found to need none.
    assertThat(names(stream.subscribe("ROOTCA").next())).containsExactly("ROOTCA");

    agent.source.setEntries(atRevision(API, 1));

    assertThat(names(stream.next())).containsExactly("default");
  }

  @Test
  void tellsWhatIsGoneSinceAnEarlierStream() throws Exception {
    grant(API, WEB);
    var had = open().subscribe("default", OWN + "/web").next();
    agent.source.setEntries(API);

    var stream = open().subscribeHaving(versions(had), "default", OWN + "/web");

    var answer = stream.next();
    assertThat(answer.getRemovedResourcesList()).containsExactly(OWN + "/web");
    assertThat(names(answer)).isEmpty();
  }

  @Test
  void reportsANameThatIsNotGrantedAndSendsItOnceItIs() throws Exception {
    grant(API);
    var stream = open().subscribe("default", OWN + "/web");

    var first = stream.next();
    assertThat(names(first)).containsExactly("default");
    assertThat(first.getRemovedResourcesList()).containsExactly(OWN + "/web");
    agent.source.setEntries(API, WEB);

    assertThat(names(stream.next())).containsExactly(OWN + "/web");
  }

  @Test
  void sendsAnIdentityByItsNameOnlyWhileItIsForNoStore() throws Exception {
    var stored = flagged(WEB, false, false, true);
    grant(API, stored);
    var stream = open().subscribe("default", OWN + "/web");

    var first = stream.next();
    assertThat(names(first)).containsExactly("default");
    assertThat(first.getRemovedResourcesList()).containsExactly(OWN + "/web");
    agent.source.setEntries(API, WEB);
    assertThat(names(stream.next())).containsExactly(OWN + "/web");
    agent.source.setEntries(API, stored);

    var last = stream.next();
    assertThat(names(last)).isEmpty();
    assertThat(last.getRemovedResourcesList()).containsExactly(OWN + "/web");
  }

  @Test
  void takesBackAnIdentityThatIsGone() throws Exception {
    grant(API, WEB);
    var stream = open().subscribe(OWN + "/web", "ROOTCA");
    stream.next();

    agent.source.setEntries(API);

    var change = stream.next();
    assertThat(change.getRemovedResourcesList()).containsExactly(OWN + "/web");
    assertThat(names(change)).isEmpty();
  }

  @Test
  void doesNotRepeatWhatWasRejectedAndPushesTheNext() throws Exception {
    grant(API);
    var stream = open().subscribe("default");
    var rejected = stream.next();

    stream.reject(rejected).reject(rejected);
    agent.source.setEntries(atRevision(API, 1));

    assertThat(stream.next().getResources(0).getVersion())
        .isNotEqualTo(rejected.getResources(0).getVersion());
  }

  @Test
  void sendsBundlesWhileSvidsAreStillSigned() throws Exception {
    agent.source.refuse("api");
    agent.source.setEntries(API);
    var stream = open().subscribe("default", "ROOTCA", "nonsense");

    var first = stream.next();
    assertThat(names(first)).containsExactly("ROOTCA");
    assertThat(first.getRemovedResourcesList()).as("nobody knows yet").isEmpty();
    agent.source.accept("api");
    agent.source.setEntries(atRevision(API, 1));

    var second = stream.next();
    assertThat(names(second)).containsExactly("default");
    assertThat(second.getRemovedResourcesList()).containsExactly("nonsense");
  }

  @Test
  void refusesACallerWithoutIdentity() {
    agent.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(open().subscribe("default").end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(open().subscribe().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void endsTheStreamWhenTheLastIdentityGoes() throws Exception {
    grant(API);
    var stream = open().subscribe("ROOTCA");
    stream.next();

    agent.source.setEntries();

    assertThat(stream.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void boundsWhatOneStreamMayNameInAll() throws Exception {
    grant(API);
    int half = WantedSecrets.NAMES_MAX / 2;
    var stream = open().subscribe(numbered("one", half));
    assertThat(stream.next().getRemovedResourcesCount()).isEqualTo(half);
    stream.subscribe(numbered("two", half));
    assertThat(stream.next().getRemovedResourcesCount()).isEqualTo(half);

    assertThat(stream.subscribe("three").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  /// Registers entries and waits until their SVIDs are signed: a delta may come in parts before.
  private void grant(AgentEntry... entries) throws Exception {
    agent.source.setEntries(entries);
    WorkloadApiFixture.await(
        agent.client.unary(
            SecretDiscoveryServiceGrpcClient.FetchSecrets,
            DiscoveryRequest.newBuilder().setTypeUrl(SecretStream.TYPE).build(),
            WorkloadApiFixture.WITH_HEADER));
  }

  private SecretStream.Delta open() {
    return new SecretStream.Delta(agent.client);
  }

  private static String[] numbered(String prefix, int count) {
    var names = new String[count];
    Arrays.setAll(names, index -> prefix + "-" + index);
    return names;
  }

  private static Map<String, String> versions(DeltaDiscoveryResponse response) {
    return response.getResourcesList().stream()
        .collect(Collectors.toMap(it -> it.getName(), it -> it.getVersion()));
  }
}
