package dev.entente.agent.svidcache;

import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.cached;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static dev.entente.agent.svidcache.Entries.selectors;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SvidCacheTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source = new FakeIdentitySource(clock);
  private final Probe probe = new Probe();

  private Vertx vertx;
  private SvidCache cache;

  @BeforeEach
  void startCache() throws Exception {
    vertx = Vertx.vertx();
    cache = cacheOf(SvidCacheSettings.DEFAULT);
  }

  @AfterEach
  void stopCache() throws Exception {
    await(cache.stop());
    await(vertx.close());
  }

  @Test
  void saysNothingBeforeTheFirstSyncAndServesAfterIt() throws Exception {
    subscribe("unix:uid:1");
    probe.await(WorkloadUpdate.NotSynced.class);

    source.setEntries(entry("api", "unix:uid:1"));

    var svid = probe.svid();
    assertThat(svid.spiffeId()).hasToString("spiffe://example.org/api");
    assertThat(
            PrivateKeys.isPair(
                PrivateKeys.fromPkcs8(svid.pkcs8RevealingPrivateKey()),
                svid.chain().getFirst().getPublicKey()))
        .isTrue();
  }

  @Test
  void tellsAWorkloadWithoutEntriesSo() throws Exception {
    source.setEntries(entry("api", "unix:uid:2"));

    subscribe("unix:uid:1");

    probe.await(WorkloadUpdate.NoIdentity.class);
  }

  @Test
  @Tag("+WAPI-11")
  @DisplayName("WAPI-11 every update holds all identities, the lowest entry id first")
  void holdsAllIdentitiesInEachUpdate() throws Exception {
    source.setEntries(entry("b", "unix:uid:1"), entry("a", "unix:uid:1", "unix:gid:1"));
    subscribe("unix:uid:1", "unix:gid:1");
    assertThat(probe.svids()).extracting(HeldSvid::entryId).containsExactly("a", "b");

    source.setEntries(
        atRevision(entry("b", "unix:uid:1"), 1), entry("a", "unix:uid:1", "unix:gid:1"));

    assertThat(probe.svids()).extracting(HeldSvid::entryId).containsExactly("a", "b");
  }

  @Test
  void waitsUntilEveryIdentityIsSignedWithoutHoldingUpOthers() throws Exception {
    source.refuse("b");
    source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"), entry("c", "unix:uid:2"));
    subscribe("unix:uid:1");
    var other = new Probe();
    cache.subscribe(selectors("unix:uid:2"), other);

    assertThat(other.svid().entryId()).isEqualTo("c");
    assertThat(probe.await(WorkloadUpdate.Waiting.class).missing()).contains("b");

    source.accept("b");
    assertThat(probe.svids()).hasSize(2);
  }

  @Test
  void replacesAnSvidAtHalfOfItsLifetime() throws Exception {
    source.setEntries(entry("api", "unix:uid:1"));
    subscribe("unix:uid:1");
    var first = probe.svid();

    clock.advance(Duration.ofMinutes(29));
    assertThat(await(cache.counts()).x509Svids()).isOne();
    clock.advance(Duration.ofMinutes(1));

    var second = probe.svid();
    assertThat(second).isNotSameAs(first);
    assertThat(second.notAfter()).isEqualTo(first.notAfter().plus(Duration.ofMinutes(30)));
    assertThat(second.chain().getFirst().getPublicKey())
        .isNotEqualTo(first.chain().getFirst().getPublicKey());
  }

  @Test
  void servesTheOldSvidWhileBrokersAreGoneButNeverAnExpiredOne() throws Exception {
    source.setEntries(entry("api", "unix:uid:1"));
    subscribe("unix:uid:1");
    var first = probe.svid();
    source.setDown(true);

    clock.advance(Duration.ofMinutes(59));
    var second = new Probe();
    cache.subscribe(selectors("unix:uid:1"), second);
    assertThat(second.svid()).isSameAs(first);

    clock.advance(Duration.ofMinutes(2));
    var third = new Probe();
    cache.subscribe(selectors("unix:uid:1"), third);
    third.await(WorkloadUpdate.Waiting.class);

    source.setDown(false);
    assertThat(third.svid().isValidAt(clock.instant())).isTrue();
  }

  @Test
  void signsAgainWhenTheEntryIsChangedOrMadeAgain() throws Exception {
    var entry = entry("api", "unix:uid:1");
    source.setEntries(entry);
    subscribe("unix:uid:1");
    var first = probe.svid();

    source.setEntries(atRevision(entry, 1));
    var second = awaitOther(first);
    source.setEntries(withHint(atRevision(entry, 1), "", Instant.EPOCH.plusSeconds(9)));

    awaitOther(second);
    assertThat(source.signed()).containsOnly("api").hasSize(3);
  }

  @Test
  void replacesWhatATaintedAuthoritySigned() throws Exception {
    source.setEntries(entry("api", "unix:uid:1"));
    subscribe("unix:uid:1");
    var first = probe.svid();

    source.taintAndReplaceAuthority();

    var second = awaitOther(first);
    assertThat(second.chain().getFirst().getIssuerX500Principal())
        .isEqualTo(source.authority().x509().certificate().getSubjectX500Principal());
  }

  @Test
  void takesAnIdentityAwayFromAnOpenStream() throws Exception {
    source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"));
    subscribe("unix:uid:1");
    assertThat(probe.svids()).hasSize(2);

    source.setEntries(entry("b", "unix:uid:1"));
    assertThat(probe.svid().entryId()).isEqualTo("b");
    source.setEntries();
    probe.await(WorkloadUpdate.NoIdentity.class);
  }

  @Test
  @Tag("+ID-46")
  void givesOnlyTheFederatedBundlesOfTheWorkloadsOwnEntries() throws Exception {
    var partner = TrustDomain.parse("partner.example");
    var stranger = TrustDomain.parse("stranger.example");
    source.setFederated(source.foreignBundle(partner), source.foreignBundle(stranger));
    var entry = entry("api", "unix:uid:1");
    source.setEntries(entry);
    subscribe("unix:uid:1");
    assertThat(probe.await(WorkloadUpdate.Ready.class).bundles().federated()).isEmpty();

    source.setEntries(federatingWith(atRevision(entry, 1), "partner.example", "unknown.example"));
    var update =
        (WorkloadUpdate.Ready)
            probe.await(
                it -> it instanceof WorkloadUpdate.Ready(var b, _) && !b.federated().isEmpty());
    assertThat(update.bundles().federated()).containsOnlyKeys(partner);

    source.setFederated();
    probe.await(it -> it instanceof WorkloadUpdate.Ready(var b, _) && b.federated().isEmpty());
  }

  @Test
  void neverServesEntriesMeantForASecretStore() throws Exception {
    source.setEntries(flagged(entry("stored", "unix:uid:1"), false, false, true));

    subscribe("unix:uid:1");

    probe.await(WorkloadUpdate.NoIdentity.class);
    assertThat(source.signed()).isEmpty();
  }

  @Test
  void prefetchesUpToItsSizeAndLeavesOutWhatIsMarked() throws Exception {
    await(cache.stop());
    cache =
        cacheOf(new SvidCacheSettings(SvidCacheSettings.DEFAULT.keyType(), Duration.ZERO, 2, 9));
    source.setEntries(
        cached(entry("a", "unix:uid:1"), false, false),
        entry("b", "unix:uid:2"),
        entry("c", "unix:uid:3"),
        entry("d", "unix:uid:4"));
    // The one that is not prefetched is signed on demand, and pushes an idle one out.
    subscribe("unix:uid:1");
    assertThat(probe.svid().entryId()).isEqualTo("a");

    Await.until("three signed", PATIENCE, () -> source.signed().size() == 3);
    assertThat(source.signed()).containsExactlyInAnyOrder("a", "b", "c");
    Await.until("the idle one to go", PATIENCE, () -> held() == 2);
  }

  @Test
  void neverEvictsWhatAnOpenStreamNeeds() throws Exception {
    await(cache.stop());
    cache =
        cacheOf(new SvidCacheSettings(SvidCacheSettings.DEFAULT.keyType(), Duration.ZERO, 1, 9));
    source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:2"), entry("c", "unix:uid:3"));
    var one = cache.subscribe(selectors("unix:uid:1"), probe);
    probe.svid();
    for (var uid : Set.of("unix:uid:2", "unix:uid:3")) {
      var other = new Probe();
      cache.subscribe(selectors(uid), other);
      other.svid();
    }
    assertThat(await(cache.counts()).x509Svids()).isEqualTo(3);

    one.close();

    assertThat(await(cache.counts()).x509Svids()).isEqualTo(2);
  }

  @Test
  void ordersManyInOneBatch() throws Exception {
    var entries = new AgentEntry[100];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = entry("e" + (100 + i), "unix:uid:1");
    }
    source.setEntries(entries);

    subscribe("unix:uid:1");

    assertThat(probe.svids()).hasSize(100);
    assertThat(source.batches()).isLessThanOrEqualTo(2);
  }

  private SvidCache cacheOf(SvidCacheSettings settings) throws Exception {
    var made = new SvidCache(vertx, source, settings, clock, new Middle());
    await(made.start());
    return made;
  }

  private void subscribe(String... selectors) {
    cache.subscribe(selectors(selectors), probe);
  }

  private int held() {
    var counts = cache.counts().toCompletionStage().toCompletableFuture();
    return counts.orTimeout(30, TimeUnit.SECONDS).join().x509Svids();
  }

  private HeldSvid awaitOther(HeldSvid known) throws InterruptedException {
    var svid = probe.svid();
    while (svid == known) {
      svid = probe.svid();
    }
    return svid;
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /// No jitter.
  private static final class Middle implements RandomGenerator {
    @Override
    public long nextLong() {
      return 0;
    }

    @Override
    public double nextDouble() {
      return 0.5;
    }
  }
}
