package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.bundle;
import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.store.AuthorityJournal.Journal;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Outcome;
import dev.entente.broker.store.AuthorityJournal.OwnBundleChange;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.Slot;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.broker.store.AuthorityJournal.Step;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityJournalTest {
  private static final Row JWT =
      new Row(
          Kind.JWT,
          Slot.A,
          State.PREPARED,
          "kid",
          List.of("jwt-A-es256", "jwt-A-rs256"),
          List.of(),
          Instant.parse("2026-11-22T03:00:00.123Z"),
          Instant.parse("2026-11-23T03:00:00Z"),
          Map.of("note", "x"));

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

  private AuthorityJournal journal() {
    return harness.store().journal();
  }

  private static Step step(long epoch, long sequence) {
    return new Step(
        "m1",
        epoch,
        List.of(JWT),
        Optional.of(new OwnBundleChange(sequence, bundle("example.org", sequence + 1))));
  }

  @Test
  void writesSlotsAndBundleTogetherAndKeepsThemOverARestart() {
    var outcome = get(journal().record(step(0, 0))).outcome();

    harness.reopen();

    assertThat(outcome).isEqualTo(new Outcome.Recorded(new Journal("m1", 1, List.of(JWT))));
    assertThat(get(journal().load("m1"))).isEqualTo(new Journal("m1", 1, List.of(JWT)));
    assertThat(get(harness.store().bundles().find(DOMAIN))).contains(bundle("example.org", 1));
  }

  @Test
  void keepsChainsByteForByte() {
    var der = new byte[] {0x30, (byte) 0x82, 0, 1};
    var row =
        new Row(
            Kind.X509,
            Slot.B,
            State.ACTIVE,
            "0a0b",
            List.of("x509-CA-B"),
            List.of(der),
            Instant.EPOCH,
            Instant.EPOCH,
            Map.of());

    get(journal().record(new Step("m1", 0, List.of(row), Optional.empty())));

    assertThat(get(journal().load("m1")).rows().getFirst().chain().getFirst()).isEqualTo(der);
  }

  @Test
  void fencesAStepThatWasBuiltOnAnOlderEpochAndWritesNothingOfIt() {
    get(journal().record(step(0, 0)));

    assertThat(get(journal().record(step(0, 1))).outcome()).isEqualTo(new Outcome.Fenced(1));
    assertThat(get(harness.store().bundles().find(DOMAIN))).contains(bundle("example.org", 1));
  }

  @Test
  void refusesAStepWhoseBundleSomebodyElseChangedFirst() {
    get(journal().record(step(0, 0)));
    get(harness.store().bundles().replaceOwn(1, bundle("example.org", 5)));

    assertThat(get(journal().record(step(1, 1))).outcome()).isEqualTo(new Outcome.StaleBundle(5));
    assertThat(get(journal().load("m1")).epoch()).isEqualTo(1);
  }

  @Test
  void hasNothingForAMemberThatNeverWrote() {
    assertThat(get(journal().load("m2"))).isEqualTo(new Journal("m2", 0, List.of()));
  }
}
