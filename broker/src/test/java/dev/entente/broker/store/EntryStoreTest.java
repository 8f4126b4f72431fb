package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.MatchBehavior;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryStore.Change;
import dev.entente.broker.store.EntryStore.Creation;
import dev.entente.broker.store.EntryStore.Deletion;
import dev.entente.broker.store.EntryStore.Edited;
import dev.entente.broker.store.EntryStore.Update;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntryStoreTest {
  @TempDir Path temp;
  private StoreHarness harness;

  @BeforeEach
  void open() {
    harness = new StoreHarness(temp.resolve("data"));
  }

  @AfterEach
  void close() {
    harness.close();
  }

  private EntryStore entries() {
    return harness.store().entries();
  }

  private RegistrationEntry create(RegistrationEntry entry) {
    var outcome = get(entries().create(List.of(entry))).outcome().getFirst();
    assertThat(outcome).isInstanceOf(Creation.Created.class);
    return ((Creation.Created) outcome).entry();
  }

  @Test
  void keepsEveryFieldOfAnEntryOverARestart() {
    var asked =
        entry("/api", AGENT, "unix:uid:1000", "k8s:ns:a:b:ü\n").toBuilder()
            .x509SvidTtl(Duration.ofMinutes(7))
            .jwtSvidTtl(Duration.ofMinutes(3))
            .federatesWith(List.of(TrustDomain.parse("b.test"), TrustDomain.parse("a.test")))
            .admin(true)
            .downstream(true)
            .expiresAt(Instant.parse("2027-01-01T00:00:00Z"))
            .dnsNames(List.of("z.example.org", "a.example.org"))
            .hint("the \"hint\", with a comma")
            .disableX509SvidPrefetch(true)
            .jwtSvidIncludeJti(true)
            .build();

    create(asked);
    harness.reopen();

    var expected = asked.toBuilder().revisionNumber(0).createdAt(harness.clock().instant()).build();
    assertThat(get(entries().find(asked.id()))).contains(expected);
  }

  @Test
  void answersTheExistingEntryForTheSameParentIdAndSelectors() {
    var first = create(entry("/api", AGENT, "unix:uid:1", "unix:gid:2"));

    var again = entry("/api", AGENT, "unix:gid:2", "unix:uid:1").toBuilder().hint("other").build();

    assertThat(get(entries().create(List.of(again))).outcome())
        .containsExactly(new Creation.Similar(first));
    assertThat(get(entries().count(EntryFilter.NONE))).isEqualTo(1);
  }

  @Test
  void tellsSelectorListsApartWhoseTextsJoinedAreEqual() {
    create(entry("/api", AGENT, "a:b:c"));

    assertThat(get(entries().create(List.of(entry("/api", AGENT, "a:b", "a:c")))).outcome())
        .first()
        .isInstanceOf(Creation.Created.class);
  }

  @Test
  void refusesATakenIdAndStillCreatesTheOthersOfTheBatch() {
    var taken = create(entry("/one", AGENT, "unix:uid:1"));
    var other = entry("/two", AGENT, "unix:uid:2").toBuilder().id(taken.id()).build();
    var third = entry("/three", AGENT, "unix:uid:3");

    var outcomes = get(entries().create(List.of(other, third))).outcome();

    assertThat(outcomes.getFirst()).isEqualTo(new Creation.IdTaken(taken.id()));
    assertThat(outcomes.getLast()).isInstanceOf(Creation.Created.class);
  }

  @Test
  void raisesTheRevisionNumberWithEveryUpdateEvenWithoutEffect() {
    var made = create(entry("/api", AGENT, "unix:uid:1"));

    var updated = get(entries().update(List.of(new Change(made.id(), Edited.Next::new))));

    assertThat(updated.outcome())
        .containsExactly(new Update.Updated(made.toBuilder().revisionNumber(1).build()));
  }

  @Test
  void keepsIdRevisionAndCreationItsOwnWhateverAnUpdateSays() {
    var made = create(entry("/api", AGENT, "unix:uid:1"));
    harness.clock().advance(Duration.ofSeconds(60));

    get(
        entries()
            .update(
                List.of(
                    new Change(
                        made.id(),
                        present ->
                            new Edited.Next(
                                present.toBuilder()
                                    .id("other")
                                    .revisionNumber(77)
                                    .createdAt(Instant.EPOCH)
                                    .hint("new")
                                    .build())))));

    assertThat(get(entries().find(made.id())))
        .contains(made.toBuilder().hint("new").revisionNumber(1).build());
  }

  @Test
  void saysWhichUpdatesWereRefusedOrNotFound() {
    var made = create(entry("/api", AGENT, "unix:uid:1"));
    var twin = create(entry("/api", AGENT, "unix:uid:2"));

    var outcomes =
        get(entries()
                .update(
                    List.of(
                        new Change("missing", Edited.Next::new),
                        new Change(made.id(), _ -> new Edited.Refused("no")),
                        new Change(
                            made.id(),
                            e ->
                                new Edited.Next(
                                    e.toBuilder().selectors(twin.selectors()).build())))))
            .outcome();

    assertThat(outcomes.get(0)).isEqualTo(new Update.NotFound("missing"));
    assertThat(outcomes.get(1)).isEqualTo(new Update.Refused("no"));
    assertThat(outcomes.get(2)).isInstanceOf(Update.Refused.class);
    assertThat(get(entries().find(made.id()))).contains(made);
  }

  @Test
  void deletesWithEverythingThatHangsOnAnEntry() {
    var made =
        create(
            entry("/api", AGENT, "unix:uid:1").toBuilder()
                .federatesWith(List.of(TrustDomain.parse("a.test")))
                .build());

    var outcomes = get(entries().delete(List.of(made.id(), "missing"))).outcome();

    assertThat(outcomes)
        .containsExactly(new Deletion.Deleted(made), new Deletion.NotFound("missing"));
    assertThat(get(entries().list(EntryFilter.NONE, PageRequest.ALL)).items()).isEmpty();
    create(entry("/api", AGENT, "unix:uid:1"));
  }

  @Test
  void givesATokenWithEveryPageThatHasRowsAndNoneWithAnEmptyOne() {
    var all = new ArrayList<RegistrationEntry>();
    for (var i = 0; i < 5; i++) {
      all.add(create(entry("/n" + i, AGENT, "unix:uid:" + i)));
    }

    var first = get(entries().list(EntryFilter.NONE, PageRequest.of(3, "")));
    var second = get(entries().list(EntryFilter.NONE, PageRequest.of(3, first.nextToken())));
    var third = get(entries().list(EntryFilter.NONE, PageRequest.of(3, second.nextToken())));

    assertThat(first.items()).isEqualTo(all.subList(0, 3));
    assertThat(second.items()).isEqualTo(all.subList(3, 5));
    assertThat(second.nextToken()).isNotEmpty();
    assertThat(third).isEqualTo(new Page<RegistrationEntry>(List.of(), ""));
    assertThat(get(entries().list(EntryFilter.NONE, PageRequest.of(0, "7"))).items())
        .isEqualTo(all);
  }

  @Test
  void filtersBySetsAsSpireDoes() {
    var one = create(entry("/one", AGENT, "a:1"));
    var both = create(entry("/both", AGENT, "a:1", "b:2"));
    var three = create(entry("/three", AGENT, "a:1", "b:2", "c:3"));
    var asked = Set.of(Selector.parse("a:1"), Selector.parse("b:2"));

    assertThat(matching(asked, MatchBehavior.EXACT)).containsExactly(both);
    assertThat(matching(asked, MatchBehavior.SUBSET)).containsExactly(one, both);
    assertThat(matching(asked, MatchBehavior.SUPERSET)).containsExactly(both, three);
    assertThat(matching(asked, MatchBehavior.ANY)).containsExactly(one, both, three);
  }

  private List<RegistrationEntry> matching(Set<Selector> asked, MatchBehavior behavior) {
    var filter = EntryFilter.NONE.withSelectors(asked, behavior);
    var found = get(entries().list(filter, PageRequest.ALL)).items();
    assertThat(get(entries().count(filter))).isEqualTo(found.size());
    return found;
  }

  @Test
  void filtersByTheOtherFields() {
    var partner = TrustDomain.parse("a.test");
    var plain = create(entry("/plain", AGENT, "a:1"));
    var special =
        create(
            entry("/special", id("/other"), "a:1").toBuilder()
                .federatesWith(List.of(partner))
                .hint("h")
                .downstream(true)
                .build());

    assertThat(list(EntryFilter.bySpiffeId(id("/plain")))).containsExactly(plain);
    assertThat(list(EntryFilter.byParentId(id("/other")))).containsExactly(special);
    assertThat(list(EntryFilter.NONE.withHint("h"))).containsExactly(special);
    assertThat(list(EntryFilter.NONE.withDownstreamOnly())).containsExactly(special);
    assertThat(list(EntryFilter.NONE.withFederatesWith(Set.of(partner), MatchBehavior.EXACT)))
        .containsExactly(special);
    assertThat(list(EntryFilter.byParentId(AGENT).withHint("h"))).isEmpty();
  }

  private List<RegistrationEntry> list(EntryFilter filter) {
    assertThat(get(entries().count(filter)))
        .isEqualTo(get(entries().list(filter, PageRequest.ALL)).items().size());
    return get(entries().list(filter, PageRequest.ALL)).items();
  }

  @Test
  void readsNoMoreIntoMemoryThanIsWanted() {
    get(
        entries()
            .create(
                List.of(
                    entry("/a", AGENT, "unix:uid:1"),
                    entry("/b", AGENT, "unix:uid:1"),
                    entry("/c", AGENT, "unix:uid:1"),
                    entry("/d", AGENT, "unix:uid:1"))));

    var page = get(entries().list(EntryFilter.NONE, new PageRequest(0, 0, 2)));

    assertThat(page.items()).as("one more than wanted").hasSize(3);
    assertThat(get(entries().list(EntryFilter.NONE, PageRequest.of(-1, ""))).items()).hasSize(4);
  }
}
