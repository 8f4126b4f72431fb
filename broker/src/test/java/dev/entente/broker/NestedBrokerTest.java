package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.AuthorityStartException;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.TlsIdentity;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityRequest;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Brokers below brokers, each asked by the one below over its real TLS port.
class NestedBrokerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (var one : opened.reversed()) {
      one.close();
    }
  }

  @Test
  void workloadsOfThreeLevelsBelieveEachOtherAndEveryLevelHasEveryJwtKey() {
    var root = broker("root", "");
    var middle = below(root, "middle");
    var leaf = below(middle, "leaf");

    var high = root.workload(root.attest(), "/high", Entry.newBuilder());
    var low = leaf.workload(leaf.attest(), "/low", Entry.newBuilder());

    assertThat(low.chain()).as("leaf, its authority, that of the middle").hasSize(3);
    assertBelieved(low, root);
    assertBelieved(low, middle);
    assertBelieved(high, leaf);
    assertThat(roots(leaf)).isEqualTo(roots(middle)).isEqualTo(roots(root)).hasSize(1);
    Await.until("every JWT key everywhere", SOON, () -> haveSameKeys(root, middle, leaf, 6));
  }

  @Test
  void publishesAKeyAboveBeforeItIsPreparedAndFollowsARotationOfTheRoot() {
    var root = broker("root", "");
    var child = below(root, "child");

    get(
        child.local(),
        LocalAuthorityGrpcClient.PrepareJWTAuthority,
        PrepareJWTAuthorityRequest.getDefaultInstance());

    var prepared =
        get(
                child.local(),
                LocalAuthorityGrpcClient.GetJWTAuthorityState,
                GetJWTAuthorityStateRequest.getDefaultInstance())
            .getPrepared()
            .getAuthorityId();
    assertThat(keys(root)).contains(prepared);
    root.prepareX509Authority();
    Await.until("the next root", SOON, () -> roots(root).size() == 2);
    Await.until("the next root below", SOON, () -> roots(child).equals(roots(root)));
  }

  @Test
  void goesOnWhileTheServerAboveIsAwayAndSaysWhyNothingNewIsMade() {
    var root = broker("root", "");
    var child = below(root, "child");
    var node = child.attest();
    opened.remove(root);
    root.close();

    var web = child.workload(node, "/web", Entry.newBuilder());

    assertBelieved(web, child);
    assertThatThrownBy(child::prepareX509Authority)
        .isInstanceOf(RpcException.class)
        .hasMessageContaining("no authority was made: the server at 127.0.0.1:");
  }

  @Test
  void startsAgainWithoutTheServerAboveOnceItHasAnAuthority() {
    var root = broker("root", "");
    var child = below(root, "child");
    var chain = child.workload(child.attest(), "/a", Entry.newBuilder()).chain();
    opened.remove(root);
    root.close();
    opened.remove(child);
    child.close();

    var again = broker("child", upstream(root, dir.resolve("w-child")));

    assertThat(again.workload(again.attest(), "/b", Entry.newBuilder()).chain().get(1))
        .isEqualTo(chain.get(1));
  }

  @Test
  void doesNotStartWhereItsEntryIsNotDownstream() {
    var root = broker("root", "");
    var api = workloadApi("child");
    api.give(root.workload(root.attest(), "/child", Entry.newBuilder()), bundle(root));

    assertThatThrownBy(() -> broker("child", upstream(root, api.socket())))
        .rootCause()
        .isInstanceOfSatisfying(
            AuthorityStartException.class,
            e ->
                assertThat(e.code())
                    .isEqualTo(AuthorityStartException.Code.UPSTREAM_AUTHORITY_UNFIT))
        .hasMessageContaining("PERMISSION_DENIED");
  }

  @Test
  void asksNobodyWhoIsNotTheServerOfItsOwnBundle() {
    var root = broker("root", "");
    var stranger = broker("stranger", "");
    var api = workloadApi("child");
    api.give(downstream(root, "/child"), bundle(root));

    assertThatThrownBy(() -> broker("child", upstream(stranger, api.socket())))
        .rootCause()
        .isInstanceOf(AuthorityStartException.class)
        .hasMessageContaining("connection to 127.0.0.1:");
    assertThat(keys(stranger)).hasSize(2);
  }

  @Test
  void waitsForItsFirstIdentityAndAsksAgainAfterADenial() throws Exception {
    var root = broker("root", "");
    var svid = downstream(root, "/child");
    var bundle = bundle(root);
    var api = workloadApi("child");
    var starting = new ArrayList<TestBroker>();
    var thread =
        Thread.ofPlatform()
            .start(() -> starting.add(broker("child", upstream(root, api.socket()))));
    Await.until("a first question", SOON, () -> api.asked() > 0);

    api.give(svid, bundle);
    thread.join(SOON);

    assertThat(starting).hasSize(1);
    var child = starting.getFirst();
    var asked = api.asked();
    api.deny();
    Await.until("another question", SOON, () -> api.asked() > asked);
    assertThatThrownBy(child::prepareX509Authority).hasMessageContaining("no identity issued");
    api.give(svid, bundle);
    Await.until("an authority again", SOON, () -> prepares(child));
  }

  private static boolean prepares(TestBroker broker) {
    try {
      broker.prepareX509Authority();
      return true;
    } catch (RpcException _) {
      return false;
    }
  }

  /// A broker whose server above is `above`, as the downstream workload of one of its agents.
  private TestBroker below(TestBroker above, String name) {
    var api = workloadApi(name);
    api.give(downstream(above, "/" + name), bundle(above));
    return broker(name, upstream(above, api.socket()));
  }

  private FakeWorkloadApi workloadApi(String name) {
    return keep(FakeWorkloadApi.at(dir.resolve("w-" + name)));
  }

  private TestBroker broker(String name, String more) {
    return keep(TestBroker.start(dir.resolve(name), more));
  }

  private synchronized <T extends AutoCloseable> T keep(T one) {
    opened.add(one);
    return one;
  }

  private static String upstream(TestBroker above, Path workloadApi) {
    return "upstream-authority: {spire: {server: '127.0.0.1:%d', workload-api-socket: %s}}"
        .formatted(above.broker.port(), workloadApi);
  }

  private static TlsIdentity downstream(TestBroker above, String path) {
    return above.workload(above.attest(), path, Entry.newBuilder().setDownstream(true));
  }

  private static SpiffeBundle bundle(TestBroker broker) {
    return broker.bundles().find(TestBroker.DOMAIN).orElseThrow();
  }

  private static void assertBelieved(TlsIdentity identity, TestBroker by) {
    assertThat(X509SvidVerifier.verify(identity.chain(), by.bundles(), Instant.now()))
        .isInstanceOf(X509Verdict.Verified.class);
  }

  private static boolean haveSameKeys(TestBroker one, TestBroker two, TestBroker three, int count) {
    var all = new HashSet<>(keys(one));
    return all.size() == count && all.equals(keys(two)) && all.equals(keys(three));
  }

  private static Set<String> keys(TestBroker broker) {
    return wire(broker).getJwtAuthoritiesList().stream()
        .map(JWTKey::getKeyId)
        .collect(Collectors.toSet());
  }

  private static Set<Object> roots(TestBroker broker) {
    return wire(broker).getX509AuthoritiesList().stream()
        .map(X509Certificate::getAsn1)
        .collect(Collectors.toSet());
  }

  private static Bundle wire(TestBroker broker) {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }
}
