package dev.entente.broker.registry;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.attestation;
import static dev.entente.broker.store.StoreHarness.bundle;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static dev.entente.broker.store.StoreHarness.serial;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.broker.store.EntryStore.Change;
import dev.entente.broker.store.EntryStore.Edited;
import dev.entente.broker.store.StoreException;
import dev.entente.broker.store.StoreHarness;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.SpiffeId;
import dev.entente.testkit.Await;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
  private static final SpiffeId SERVER = id("/spire/server");

  @TempDir Path temp;
  private StoreHarness harness;
  private Registry registry;

  @BeforeEach
  void open() {
    harness = new StoreHarness(temp.resolve("data"));
    registry = Registry.of(harness.store(), RegistryOptions.of(DOMAIN, Duration.ofHours(1)));
  }

  @AfterEach
  void close() {
    registry.close();
    harness.close();
  }

  private RegistryView after(Written<?> write) {
    return get(registry.awaitRevision(write.revision()));
  }

  private RegistryView create(RegistrationEntry... entries) {
    return after(get(harness.store().entries().create(List.of(entries))));
  }

  private static List<String> paths(AuthorizedEntries entries) {
    List<String> paths = new ArrayList<>();
    entries.forEach(entry -> paths.add(entry.spiffeId().path()));
    assertThat(entries.size()).isEqualTo(paths.size());
    return paths;
  }

  @Test
  void isUnavailableUntilItIsLoaded() {
    assertThat(registry.view()).isInstanceOf(ViewState.Unavailable.class);
    get(registry.start());
    assertThat(registry.view()).isInstanceOf(ViewState.Ready.class);
  }

  @Test
  void loadsWhatWasThereBefore() {
    get(harness.store().entries().create(List.of(entry("/api", AGENT, "unix:uid:1"))));
    get(harness.store().bundles().replaceOwn(0, bundle("example.org", 1)));

    get(registry.start());

    var view = ((ViewState.Ready) registry.view()).view();
    assertThat(view.revision()).isEqualTo(2);
    assertThat(paths(view.authorizedEntries(AGENT))).containsExactly("/api");
    assertThat(view.ownBundle()).contains(bundle("example.org", 1));
  }

  @Test
  void showsAWriteOnceItsRevisionHasPassed() {
    get(registry.start());

    var view = create(entry("/api", AGENT, "unix:uid:1"));

    assertThat(paths(view.authorizedEntries(AGENT))).containsExactly("/api");
    assertThat(view.entryCount()).isEqualTo(1);
  }

  @Test
  void reachesEntriesThroughAliasesAndEntriesBelowEntries() {
    get(registry.start());
    get(harness.store().nodes().attest(attestation(AGENT, 1)));
    var view =
        create(
            entry("/own", AGENT, "unix:uid:1"),
            entry("/alias", SERVER, "x509pop:subject:cn:one"),
            entry("/not-mine", SERVER, "x509pop:subject:cn:one", "x509pop:other"),
            entry("/below-alias", id("/alias"), "unix:uid:2"),
            entry("/below-below", id("/below-alias"), "unix:uid:3"),
            entry("/below-not-mine", id("/not-mine"), "unix:uid:4"),
            entry("/below-own", id("/own"), "unix:uid:5"),
            entry("/foreign", id("/spire/agent/x509pop/two"), "unix:uid:6"));

    assertThat(paths(view.authorizedEntries(AGENT)))
        .containsExactlyInAnyOrder("/own", "/below-own", "/below-alias", "/below-below");
    assertThat(view.authorizedEntries(id("/spire/agent/none"))).isEmpty();
  }

  @Test
  void endsAtEntriesThatAreEachOthersParents() {
    get(registry.start());

    var view =
        create(
            entry("/a", AGENT, "unix:uid:1"),
            entry("/b", id("/a"), "unix:uid:1"),
            entry("/a", id("/b"), "unix:uid:1"));

    assertThat(paths(view.authorizedEntries(AGENT))).containsExactlyInAnyOrder("/a", "/b", "/a");
  }

  @Test
  void findsAnEntryOnlyInTheSetOfTheAgentItBelongsTo() {
    get(registry.start());
    var mine = entry("/mine", AGENT, "unix:uid:1");
    var other = entry("/other", id("/spire/agent/x509pop/two"), "unix:uid:1");
    var view = create(mine, other);

    assertThat(view.authorizedEntries(AGENT).contains(mine.id())).isTrue();
    assertThat(view.authorizedEntries(AGENT).contains(other.id())).isFalse();
  }

  @Test
  void followsAnEntryToAnotherParentAndToItsEnd() {
    get(registry.start());
    var made = entry("/api", AGENT, "unix:uid:1");
    create(made);
    var two = id("/spire/agent/x509pop/two");

    var moved =
        after(
            get(
                harness
                    .store()
                    .entries()
                    .update(
                        List.of(
                            new Change(
                                made.id(),
                                e -> new Edited.Next(e.toBuilder().parentId(two).build()))))));
    assertThat(moved.authorizedEntries(AGENT)).isEmpty();
    assertThat(paths(moved.authorizedEntries(two))).containsExactly("/api");

    var gone = after(get(harness.store().entries().delete(List.of(made.id()))));
    assertThat(gone.authorizedEntries(two)).isEmpty();
    assertThat(gone.entryCount()).isZero();
  }

  @Test
  void findsAdminAndDownstreamEntriesByTheirOwnId() {
    get(registry.start());
    var admin = entry("/ops", AGENT, "unix:uid:0").toBuilder().admin(true).build();

    var view = create(admin, entry("/ops", AGENT, "unix:uid:1"));

    assertThat(view.entriesOf(id("/ops")))
        .extracting(RegistrationEntry::id)
        .containsExactly(admin.id());
    var gone = after(get(harness.store().entries().delete(List.of(admin.id()))));
    assertThat(gone.entriesOf(id("/ops"))).isEmpty();
  }

  @Test
  void seesAPromotedSerialAlthoughTheLogDoesNotTellOfIt() {
    get(registry.start());
    get(harness.store().nodes().attest(attestation(AGENT, 1)));
    get(harness.store().nodes().renew(AGENT, BigInteger.ONE, serial(2)));
    get(harness.store().nodes().promote(AGENT, BigInteger.TWO));

    var state = (ViewState.Ready) get(registry.fresh());

    assertThat(state.view().node(AGENT).orElseThrow().isCurrent(BigInteger.TWO)).isTrue();
    assertThat(state.view().node(AGENT).orElseThrow().pending()).isEmpty();
  }

  @Test
  void confirmsANodeInTheStore() {
    get(registry.start());
    get(harness.store().nodes().attest(attestation(AGENT, 1)));

    assertThat(get(registry.confirmNode(AGENT))).isPresent();
    assertThat(get(registry.confirmNode(id("/spire/agent/none")))).isEmpty();
  }

  @Test
  void tellsAnAgentWhatMovedInItsSet() throws InterruptedException {
    get(registry.start());
    BlockingQueue<PushMessage> told = new LinkedBlockingQueue<>();
    var made = entry("/api", AGENT, "unix:uid:1");
    try (var _ = registry.subscribe(AGENT, "", 0, told::add, () -> {})) {
      assertThat(next(told).resync()).isTrue();

      create(made, entry("/other", id("/spire/agent/x509pop/two"), "unix:uid:1"));
      var message = next(told);
      assertThat(message.changes())
          .containsExactly(new EntryNotice(made.id(), 0, harness.clock().instant(), false));
      assertThat(message.resync()).isFalse();

      get(harness.store().entries().delete(List.of(made.id())));
      assertThat(next(told).changes())
          .extracting(EntryNotice::entryId, EntryNotice::removed)
          .containsExactly(tuple(made.id(), true));

      get(harness.store().bundles().set(bundle("partner.test", 1)));
      assertThat(next(told).bundlesChanged()).isTrue();
    }
  }

  @Test
  void keepsTheNewestFewSubscriptionsOfAnAgent() throws InterruptedException {
    get(registry.start());
    BlockingQueue<String> ended = new LinkedBlockingQueue<>();
    BlockingQueue<PushMessage> told = new LinkedBlockingQueue<>();
    BlockingQueue<PushMessage> toldOther = new LinkedBlockingQueue<>();
    var other = id("/spire/agent/x509pop/two");
    var subscriptions = new ArrayList<Subscription>();
    subscriptions.add(registry.subscribe(other, "", 0, toldOther::add, () -> ended.add("other")));
    for (int i = 1; i <= PushHub.SUBSCRIPTIONS_PER_AGENT_MAX + 2; i++) {
      var name = "" + i;
      subscriptions.add(registry.subscribe(AGENT, "", 0, told::add, () -> ended.add(name)));
      next(told);
    }

    assertThat(ended.poll(20, TimeUnit.SECONDS)).isEqualTo("1");
    assertThat(ended.poll(20, TimeUnit.SECONDS)).isEqualTo("2");
    create(entry("/api", AGENT, "unix:uid:1"));
    for (int i = 0; i < PushHub.SUBSCRIPTIONS_PER_AGENT_MAX; i++) {
      assertThat(next(told).changes()).hasSize(1);
    }
    assertThat(told).isEmpty();
    assertThat(ended).isEmpty();
    assertThat(registry.statistics().subscribers())
        .isEqualTo(PushHub.SUBSCRIPTIONS_PER_AGENT_MAX + 1);

    subscriptions.forEach(Subscription::close);
    Await.until(
        "no subscription is left",
        Duration.ofSeconds(20),
        () -> registry.statistics().subscribers() == 0);
  }

  @Test
  void asksForAResyncWhenAnAgentReachesOtherParents() throws InterruptedException {
    get(registry.start());
    after(get(harness.store().nodes().attest(attestation(AGENT, 1))));
    BlockingQueue<PushMessage> told = new LinkedBlockingQueue<>();
    try (var _ = registry.subscribe(AGENT, "", 0, told::add, () -> {})) {
      next(told);
      create(entry("/alias", SERVER, "x509pop:subject:cn:one"));
      assertThat(next(told).resync()).isTrue();

      create(entry("/below", id("/alias"), "unix:uid:1"));
      assertThat(next(told).changes()).hasSize(1);
    }
  }

  @Test
  void goesOnWhereABrokenStreamEnded() throws InterruptedException {
    get(registry.start());
    var seen = create(entry("/a", AGENT, "unix:uid:1"));
    create(
        entry("/b", AGENT, "unix:uid:1"),
        entry("/x", id("/spire/agent/x509pop/two"), "unix:uid:1"));
    BlockingQueue<PushMessage> told = new LinkedBlockingQueue<>();

    try (var _ = registry.subscribe(AGENT, seen.epoch(), seen.revision(), told::add, () -> {})) {
      var message = next(told);
      assertThat(message.resync()).isFalse();
      assertThat(message.changes()).hasSize(1);
    }
  }

  @Test
  void becomesAResyncWhenAnAgentWouldBeToldTooMuch() throws InterruptedException {
    get(registry.start());
    BlockingQueue<PushMessage> told = new LinkedBlockingQueue<>();
    try (var _ = registry.subscribe(AGENT, "", 0, told::add, () -> {})) {
      next(told);
      List<RegistrationEntry> many = new ArrayList<>();
      for (var i = 0; i < 1_100; i++) {
        many.add(entry("/n" + i, AGENT, "unix:uid:1"));
      }
      create(many.toArray(RegistrationEntry[]::new));

      var message = next(told);
      assertThat(message.resync()).isTrue();
      assertThat(message.changes()).isEmpty();
    }
  }

  @Test
  void healsAViewThatDiffersFromTheStore() throws SQLException {
    get(registry.start());
    create(entry("/api", AGENT, "unix:uid:1"));
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + harness.dataDir().resolve("entente.db"));
        var statement = connection.createStatement()) {
      statement.execute("UPDATE entries SET hint = 'written behind our back'");
    }

    ((LiveRegistry) registry).checkNow();
    get(registry.fresh());

    assertThat(registry.statistics().checksumsHealed()).isEqualTo(1);
    var view = ((ViewState.Ready) registry.view()).view();
    assertThat(view.authorizedEntries(AGENT).iterator().next().hint())
        .isEqualTo("written behind our back");
  }

  @Test
  void goesOnServingWithoutTheStoreAndConfirmsNothing() {
    get(registry.start());
    create(entry("/api", AGENT, "unix:uid:1"));

    harness.store().close();

    assertThat(get(registry.fresh())).isInstanceOf(ViewState.Unavailable.class);
    assertThat(registry.statistics().feedFailures()).isPositive();
    assertThat(registry.view()).isInstanceOf(ViewState.Ready.class);
    assertThatThrownBy(() -> get(registry.confirmNode(AGENT))).isInstanceOf(StoreException.class);
  }

  private static PushMessage next(BlockingQueue<PushMessage> told) throws InterruptedException {
    var message = told.poll(30, TimeUnit.SECONDS);
    assertThat(message).as("a push message within 30 s").isNotNull();
    return message;
  }
}
