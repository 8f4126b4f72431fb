package dev.entente.agent.svidcache;

import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StoredSvidsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source = new FakeIdentitySource(clock);
  private final FakeStore store = new FakeStore();

  private Vertx vertx;
  private StoredSvids svids;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    svids =
        new StoredSvids(
            vertx,
            source,
            Map.of("file", store),
            SvidCacheSettings.DEFAULT,
            clock,
            RandomGenerator.getDefault(),
            Duration.ofMillis(50));
    await(svids.start());
  }

  @AfterEach
  void stop() throws Exception {
    await(svids.stop());
    await(vertx.close());
  }

  @Test
  void putsTheSvidOfAnEntryThatIsMeantForAStore() {
    source.setEntries(stored(entry("web", "file:name:a", "file:more:b")), entry("api", "file:x:y"));

    var put = awaitPut("more:b,name:a", "web");

    assertThat(put.svid().id()).hasToString("spiffe://example.org/web");
    assertThat(PrivateKeys.isPair(put.key(), put.svid().leaf().getPublicKey())).isTrue();
    assertThat(put.authorities())
        .containsExactly(source.current().ownBundle().x509Authorities().getFirst().certificate());
    assertThat(put.federated()).isEmpty();
    Await.until("count", PATIENCE, () -> svids.lastCount() == 1);
    assertThat(source.signed()).containsExactly("web");
  }

  @Test
  void bringsTheBundlesTheEntryFederatesWithAndTheirChanges() {
    var partner = TrustDomain.parse("partner.example");
    source.setFederated(source.foreignBundle(partner));
    source.setEntries(stored(federatingWith(entry("web", "file:name:a"), "partner.example")));
    var first = awaitPut("name:a", "web");
    assertThat(first.federated()).containsOnlyKeys(partner);

    source.setFederated(source.foreignBundle(partner));

    var second = awaitPut("name:a", "web", first);
    assertThat(second.svid()).isEqualTo(first.svid());
    assertThat(second.federated()).isNotEqualTo(first.federated());
  }

  @Test
  void putsTheNextSvidWhenItIsTimeAndWhenTheEntryChanged() {
    source.setEntries(stored(entry("web", "file:name:a")));
    var first = awaitPut("name:a", "web");

    clock.advance(Duration.ofMinutes(40));
    var second = awaitPut("name:a", "web", first);
    source.setEntries(stored(atRevision(entry("web", "file:name:a"), 1)));
    var third = awaitPut("name:a", "web", second);

    assertThat(List.of(first.svid(), second.svid(), third.svid())).doesNotHaveDuplicates();
  }

  @Test
  void putsTheNextSvidWhenItsAuthorityIsTainted() {
    source.setEntries(stored(entry("web", "file:name:a")));
    var first = awaitPut("name:a", "web");

    source.taintAndReplaceAuthority();

    Await.until(
        "another SVID",
        PATIENCE,
        () ->
            Optional.ofNullable(store.kept().get("name:a"))
                .filter(kept -> !kept.svid().equals(first.svid()))
                .isPresent());
  }

  @Test
  void removesWhatItPutWhenTheEntryIsGoneOrNoLongerMeantForAStore() {
    source.setEntries(stored(entry("web", "file:name:a")), stored(entry("api", "file:name:b")));
    awaitPut("name:a", "web");
    awaitPut("name:b", "api");

    source.setEntries(entry("web", "file:name:a"));

    Await.until("nothing kept", PATIENCE, () -> store.kept().isEmpty());
  }

  @Test
  void movesWhatItPutWhenTheSelectorsChange() {
    source.setEntries(stored(entry("web", "file:name:a")));
    awaitPut("name:a", "web");

    source.setEntries(stored(atRevision(entry("web", "file:name:b"), 1)));

    awaitPut("name:b", "web");
    assertThat(store.kept()).containsOnlyKeys("name:b");
  }

  @Test
  void leavesThePlaceToTheEntryThatTakesItOver() {
    source.setEntries(stored(entry("old", "file:name:a")));
    awaitPut("name:a", "old");

    source.setEntries(stored(entry("young", "file:name:a")));

    awaitPut("name:a", "young");
    assertThat(store.deleted()).isEmpty();
  }

  @Test
  void triesAgainWhenTheStoreFails() {
    store.fail(true);
    source.setEntries(stored(entry("web", "file:name:a")));
    Await.until("two attempts", PATIENCE, () -> store.failures() >= 2);

    store.fail(false);
    awaitPut("name:a", "web");

    store.fail(true);
    source.setEntries();
    var before = store.failures();
    Await.until("two attempts", PATIENCE, () -> store.failures() >= before + 2);
    store.fail(false);
    Await.until("nothing kept", PATIENCE, () -> store.kept().isEmpty());
  }

  @Test
  void removesWhatLiesAtAFormerPlaceAsSoonAsThatCanBeDone() {
    source.setEntries(stored(entry("web", "file:name:a")));
    awaitPut("name:a", "web");
    store.failAt("name:a");

    source.setEntries(stored(atRevision(entry("web", "file:name:b"), 1)));
    awaitPut("name:b", "web");
    Await.until("two attempts", PATIENCE, () -> store.failures() >= 2);
    source.setEntries(stored(atRevision(entry("web", "file:name:c"), 2)));
    awaitPut("name:c", "web");
    assertThat(store.kept()).containsKey("name:a");

    store.failAt("");
    Await.until("only the last", PATIENCE, () -> store.kept().keySet().equals(Set.of("name:c")));
  }

  @Test
  void removesWhatLiesAtAFormerPlaceWhenTheEntryIsGoneMeanwhile() {
    source.setEntries(stored(entry("web", "file:name:a")));
    awaitPut("name:a", "web");
    store.failAt("name:a");
    source.setEntries(stored(atRevision(entry("web", "file:name:b"), 1)));
    awaitPut("name:b", "web");

    source.setEntries();
    Await.until("the newer one is gone", PATIENCE, () -> !store.kept().containsKey("name:b"));
    store.failAt("");

    Await.until("nothing kept", PATIENCE, () -> store.kept().isEmpty());
  }

  @Test
  void leavesAFormerPlaceToTheEntryThatTakesItOverMeanwhile() {
    source.setEntries(stored(entry("web", "file:name:a")));
    awaitPut("name:a", "web");
    store.failAt("name:a");
    var moved = stored(atRevision(entry("web", "file:name:b"), 1));
    source.setEntries(moved);
    awaitPut("name:b", "web");

    source.setEntries(moved, stored(entry("api", "file:name:a")));
    store.failAt("");

    awaitPut("name:a", "api");
    source.setEntries(
        atRevision(entry("web", "file:name:b"), 2), stored(entry("api", "file:name:a")));
    Await.until("the other stays", PATIENCE, () -> store.kept().keySet().equals(Set.of("name:a")));
  }

  @Test
  void doesNotTryAgainWhatTheStoreCannotMakeSenseOf() {
    source.setEntries(
        stored(entry("bad", "file:nonsense")),
        stored(entry("nowhere", "vault:name:a")),
        stored(entry("web", "file:name:a")));
    awaitPut("name:a", "web");

    Await.until("refusal", PATIENCE, () -> store.refusals() == 1);
    source.setEntries(stored(entry("web", "file:name:a")), stored(entry("next", "file:name:b")));
    awaitPut("name:b", "next");

    assertThat(store.refusals()).isEqualTo(1);
    assertThat(store.kept()).containsOnlyKeys("name:a", "name:b");
  }

  private static AgentEntry stored(AgentEntry entry) {
    return flagged(entry, false, false, true);
  }

  private SvidStore.StoredSvid awaitPut(String place, String id) {
    return Await.first(
        id + " in " + place,
        PATIENCE,
        () ->
            Optional.ofNullable(store.kept().get(place))
                .filter(kept -> kept.svid().id().path().equals("/" + id)));
  }

  private SvidStore.StoredSvid awaitPut(String place, String id, SvidStore.StoredSvid before) {
    return Await.first(
        id + " anew in " + place,
        PATIENCE,
        () -> Optional.ofNullable(store.kept().get(place)).filter(kept -> !kept.equals(before)));
  }

  private static void await(Future<Void> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /// A store in memory that can be told to fail.
  private static final class FakeStore implements SvidStore {
    private final Map<String, StoredSvid> kept = new ConcurrentHashMap<>();
    private final List<String> deleted = new CopyOnWriteArrayList<>();
    private volatile boolean fails;
    private volatile String failingPlace = "";
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();

    Map<String, StoredSvid> kept() {
      return kept;
    }

    List<String> deleted() {
      return deleted;
    }

    void fail(boolean now) {
      fails = now;
    }

    /// Fails at that place only; at none if it is empty.
    void failAt(String place) {
      failingPlace = place;
    }

    int failures() {
      return failures.get();
    }

    int refusals() {
      return refusals.get();
    }

    @Override
    public void put(List<String> place, StoredSvid svid) throws IOException {
      kept.put(key(place), svid);
    }

    @Override
    public void delete(List<String> place) throws IOException {
      var key = key(place);
      kept.remove(key);
      deleted.add(key);
    }

    private String key(List<String> place) throws IOException {
      if (place.contains("nonsense")) {
        refusals.incrementAndGet();
        throw new IllegalArgumentException("nonsense");
      }
      if (fails || String.join(",", place).equals(failingPlace)) {
        failures.incrementAndGet();
        throw new IOException("the store is away");
      }
      return String.join(",", place);
    }
  }
}
