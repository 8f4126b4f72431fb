package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryStore.Adoption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntryAdoptionTest {
  private static final Instant LONG_AGO = Instant.parse("2024-02-03T04:05:06Z");

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

  private static RegistrationEntry kept() {
    return entry("/api", AGENT, "unix:uid:1").toBuilder()
        .id("theirs")
        .revisionNumber(7)
        .createdAt(LONG_AGO)
        .hint("blue")
        .build();
  }

  private Adoption adopt(RegistrationEntry entry, boolean update) {
    return get(entries().adopt(List.of(entry), update)).outcome().getFirst();
  }

  private Adoption judge(RegistrationEntry entry, boolean update) {
    return get(entries().judge(List.of(entry), update)).getFirst();
  }

  @Test
  void keepsIdRevisionAndTimeOfCreationOverARestart() {
    assertThat(judge(kept(), false)).isEqualTo(new Adoption.Adopted(kept()));
    assertThat(get(entries().find("theirs"))).isEmpty();

    assertThat(adopt(kept(), false)).isEqualTo(new Adoption.Adopted(kept()));
    harness.reopen();

    assertThat(get(entries().find("theirs"))).contains(kept());
    assertThat(judge(kept(), false)).isEqualTo(new Adoption.Same(kept()));
    assertThat(adopt(kept(), true)).isEqualTo(new Adoption.Same(kept()));
  }

  @Test
  void takesAFurtherRevisionOnlyOnRequest() {
    adopt(kept(), false);
    var further = kept().toBuilder().revisionNumber(8).x509SvidTtl(Duration.ofMinutes(5)).build();

    assertThat(adopt(further, false)).isEqualTo(new Adoption.Newer(kept()));
    assertThat(get(entries().find("theirs"))).contains(kept());
    assertThat(judge(further, true)).isEqualTo(new Adoption.Updated(further));
    assertThat(adopt(further, true)).isEqualTo(new Adoption.Updated(further));
    assertThat(get(entries().find("theirs"))).contains(further);
    assertThat(adopt(further, true)).isEqualTo(new Adoption.Same(further));
  }

  @Test
  void neverGoesBackToAnEarlierRevisionOrOverAnotherOfTheSame() {
    adopt(kept(), false);

    for (var revision : List.of(6L, 7L)) {
      var other = kept().toBuilder().revisionNumber(revision).hint("green").build();
      assertThat(adopt(other, true)).isEqualTo(new Adoption.Differs(kept()));
    }
    assertThat(get(entries().find("theirs"))).contains(kept());
  }

  @Test
  void leavesTheEntryAloneThatHasTheSameParentIdAndSelectors() {
    adopt(kept(), false);
    var twin = kept().toBuilder().id("twin").build();
    var elsewhere = entry("/db", AGENT, "unix:uid:2").toBuilder().id("other").build();
    adopt(elsewhere, false);
    var moved =
        kept().toBuilder().id("other").revisionNumber(elsewhere.revisionNumber() + 1).build();

    assertThat(adopt(twin, true)).isEqualTo(new Adoption.Similar(kept()));
    assertThat(adopt(moved, true)).isEqualTo(new Adoption.Similar(kept()));
    assertThat(get(entries().count(EntryFilter.NONE))).isEqualTo(2);
  }

  @Test
  void letsAnUpdateHereCountOnFromTheRevisionTakenOver() {
    adopt(kept(), false);

    get(
        entries()
            .update(
                List.of(
                    new EntryStore.Change(
                        "theirs",
                        present ->
                            new EntryStore.Edited.Next(
                                present.toBuilder().hint("green").build())))));

    var present = get(entries().find("theirs")).orElseThrow();
    assertThat(present.revisionNumber()).isEqualTo(8);
    assertThat(present.createdAt()).isEqualTo(LONG_AGO);
  }
}
