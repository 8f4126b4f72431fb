package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.attestation;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrunerTest {
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

  private PruneReport prune(Instant now, PruneOptions options) {
    return get(harness.store().pruner().tick(now, options));
  }

  @Test
  void deletesAnEntryAfterItsExpiryAndNotAtIt() {
    var end = harness.clock().instant().plusSeconds(60);
    var mortal = entry("/a", AGENT, "unix:uid:1").toBuilder().expiresAt(end).build();
    get(harness.store().entries().create(List.of(mortal, entry("/b", AGENT, "unix:uid:1"))));

    assertThat(prune(end, PruneOptions.DEFAULT).entries()).isZero();
    assertThat(prune(end.plusSeconds(1), PruneOptions.DEFAULT).entries()).isEqualTo(1);
    assertThat(get(harness.store().entries().count(EntryFilter.NONE))).isEqualTo(1);
  }

  @Test
  void deletesExpiredNodesOnlyWhenAskedAndNeverABan() {
    get(harness.store().nodes().attest(attestation(AGENT, 1)));
    var banned = id("/spire/agent/x509pop/banned");
    get(harness.store().nodes().attest(attestation(banned, 2)));
    get(harness.store().nodes().ban(banned));
    var late = Instant.parse("2026-11-22T06:00:01Z");
    var options = new PruneOptions(Optional.of(Duration.ofHours(2)), false, 100);

    assertThat(prune(late, PruneOptions.DEFAULT).nodes()).isEmpty();
    assertThat(prune(late.minusSeconds(1), options).nodes()).isEmpty();
    assertThat(prune(late, options).nodes()).containsExactly(AGENT);
    assertThat(get(harness.store().nodes().find(banned))).isPresent();
  }

  @Test
  void deletesAnUnusedTokenAfterItsExpiry() {
    var end = harness.clock().instant().plusSeconds(60);
    get(harness.store().joinTokens().create("d", end, Optional.of(id("/web"))));

    assertThat(prune(end, PruneOptions.DEFAULT).joinTokens()).isZero();
    assertThat(prune(end.plusSeconds(1), PruneOptions.DEFAULT).joinTokens()).isEqualTo(1);
  }

  @Test
  void compactsTheChangeLogAfterADayAndSendsLateReadersToLoadAnew() {
    get(harness.store().entries().create(List.of(entry("/a", AGENT, "unix:uid:1"))));
    var epoch = harness.store().epoch();
    harness.clock().advance(Duration.ofDays(2));
    get(harness.store().entries().create(List.of(entry("/b", AGENT, "unix:uid:1"))));

    assertThat(prune(harness.clock().instant(), PruneOptions.DEFAULT).changes()).isEqualTo(1);

    assertThat(get(harness.store().changes().read(epoch, 0)))
        .isInstanceOf(ChangeFeed.Reading.Reload.class);
    var reading = (ChangeFeed.Reading.Delta) get(harness.store().changes().read(epoch, 1));
    assertThat(reading.events()).hasSize(1);
    assertThat(get(harness.store().changes().read(epoch, 3)))
        .isInstanceOf(ChangeFeed.Reading.Reload.class);
  }
}
