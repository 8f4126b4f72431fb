package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.bundle;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.BundleStore.DeleteMode;
import dev.entente.broker.store.BundleStore.Deletion;
import dev.entente.broker.store.BundleStore.Edition;
import dev.entente.broker.store.BundleStore.OwnReplacement;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleStoreTest {
  private static final TrustDomain PARTNER = TrustDomain.parse("partner.test");

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

  private BundleStore bundles() {
    return harness.store().bundles();
  }

  private RegistrationEntry federated(String workload) {
    var asked =
        entry(workload, AGENT, "unix:uid:1").toBuilder().federatesWith(List.of(PARTNER)).build();
    get(harness.store().entries().create(List.of(asked)));
    return get(harness.store().entries().find(asked.id())).orElseThrow();
  }

  @Test
  void keepsTaintAndKeyLifetimesThatTheDocumentHasNoPlaceFor() {
    var key =
        new JwtAuthority(
            "kid-1",
            KeyAlgorithm.EC_P256.generate().getPublic(),
            Optional.of(Instant.parse("2026-12-01T00:00:00Z")),
            true);
    var asked =
        bundle("partner.test", 7)
            .withJwtAuthorities(List.of(key))
            .withRefreshHint(Duration.ofMinutes(5));

    get(bundles().set(asked));
    harness.reopen();

    assertThat(get(bundles().find(PARTNER))).contains(asked);
  }

  @Test
  void replacesTheOwnBundleOnlyOnTheSequenceTheCallerBuiltOn() {
    assertThat(get(bundles().replaceOwn(0, bundle("example.org", 1))).outcome())
        .isEqualTo(new OwnReplacement.Replaced());
    assertThat(get(bundles().replaceOwn(0, bundle("example.org", 1))).outcome())
        .isEqualTo(new OwnReplacement.Stale(1));
    assertThat(get(bundles().replaceOwn(1, bundle("example.org", 2))).outcome())
        .isEqualTo(new OwnReplacement.Replaced());
  }

  @Test
  void refusesAnOwnBundleThatDoesNotRiseAndAnyOtherWayToChangeIt() {
    assertThatThrownBy(() -> bundles().replaceOwn(3, bundle("example.org", 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> bundles().set(bundle("example.org", 9)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> bundles().delete(DOMAIN, DeleteMode.DELETE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void leavesABundleThatAnEditDoesNotWantToChange() {
    get(bundles().set(bundle("partner.test", 7)));
    var before = get(harness.store().changes().read(harness.store().epoch(), 0));

    var outcome = get(bundles().edit(PARTNER, _ -> Optional.empty())).outcome();

    assertThat(outcome).isEqualTo(new Edition.Left(Optional.of(bundle("partner.test", 7))));
    assertThat(get(harness.store().changes().read(harness.store().epoch(), 0))).isEqualTo(before);
  }

  @Test
  void protectsABundleThatEntriesFederateWith() {
    get(bundles().set(bundle("partner.test", 1)));
    var entry = federated("/api");

    assertThat(get(bundles().delete(PARTNER, DeleteMode.RESTRICT)).outcome())
        .isEqualTo(new Deletion.Referenced(1));
    assertThat(get(bundles().find(PARTNER))).isPresent();
    assertThat(get(harness.store().entries().find(entry.id()))).contains(entry);
  }

  @Test
  void dissociatesEntriesFromABundleThatGoes() {
    get(bundles().set(bundle("partner.test", 1)));
    var entry = federated("/api");

    assertThat(get(bundles().delete(PARTNER, DeleteMode.DISSOCIATE)).outcome())
        .isEqualTo(new Deletion.Deleted(List.of(entry.id())));
    assertThat(get(bundles().find(PARTNER))).isEmpty();
    assertThat(get(harness.store().entries().find(entry.id())))
        .contains(entry.toBuilder().federatesWith(List.of()).revisionNumber(1).build());
  }

  @Test
  void deletesEntriesWithTheBundleAndTellsTheChangeLog() {
    get(bundles().set(bundle("partner.test", 1)));
    var entry = federated("/api");
    var epoch = harness.store().epoch();

    var written = get(bundles().delete(PARTNER, DeleteMode.DELETE));

    assertThat(get(harness.store().entries().find(entry.id()))).isEmpty();
    var reading = get(harness.store().changes().read(epoch, written.revision() - 2));
    assertThat(((ChangeFeed.Reading.Delta) reading).events()).hasSize(2);
    assertThat(get(bundles().delete(PARTNER, DeleteMode.DELETE)).outcome())
        .isEqualTo(new Deletion.NotFound());
  }

  @Test
  void listsAndCountsTheOwnBundleToo() {
    get(bundles().replaceOwn(0, bundle("example.org", 1)));
    get(bundles().set(bundle("partner.test", 1)));

    assertThat(get(bundles().count())).isEqualTo(2);
    assertThat(get(bundles().list(PageRequest.of(1, ""))).items())
        .containsExactly(bundle("example.org", 1));
  }
}
