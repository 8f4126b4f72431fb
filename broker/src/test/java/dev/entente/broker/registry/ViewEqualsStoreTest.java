package dev.entente.broker.registry;

import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.bundle;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.EntryMatcher;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.BundleStore.DeleteMode;
import dev.entente.broker.store.EntryFilter;
import dev.entente.broker.store.EntryStore.Change;
import dev.entente.broker.store.EntryStore.Edited;
import dev.entente.broker.store.NodeAttestation;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.PageRequest;
import dev.entente.broker.store.StoreHarness;
import dev.entente.broker.store.Written;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Does random things to a store and compares the view with a plain reading of the store.
class ViewEqualsStoreTest {
  private static final int ROUNDS = 60;
  private static final int OPERATIONS = 25;

  @TempDir Path temp;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final List<String> ids = new ArrayList<>();

  @Test
  void showsExactlyWhatTheStoreHoldsAfterAnySequenceOfWrites() {
    try (var harness = new StoreHarness(temp.resolve("data"));
        var registry =
            Registry.of(harness.store(), RegistryOptions.of(DOMAIN, Duration.ofHours(1)))) {
      get(registry.start());
      for (var round = 0; round < ROUNDS; round++) {
        List<Future<? extends Written<?>>> writes = new ArrayList<>();
        for (var i = 0; i < OPERATIONS; i++) {
          writes.add(write(harness));
        }
        var revision = writes.stream().mapToLong(one -> get(one).revision()).max().orElseThrow();
        compare(get(registry.awaitRevision(revision)), harness);
      }
      ((LiveRegistry) registry).checkNow();
      get(registry.fresh());
      assertThat(registry.statistics().checksumsCompared()).as("seed %d", seed).isEqualTo(1);
      assertThat(registry.statistics().checksumsHealed()).as("seed %d", seed).isZero();
    }
  }

  private Future<? extends Written<?>> write(StoreHarness harness) {
    var store = harness.store();
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3, 4 -> store.entries().create(List.of(anEntry()));
      case 5, 6 -> store.entries().update(List.of(new Change(anId(), _ -> aChange())));
      case 7, 8 -> store.entries().delete(List.of(anId()));
      case 9 -> store.nodes().attest(anAttestation());
      case 10 ->
          random.nextBoolean() ? store.nodes().delete(anAgent()) : store.nodes().ban(anAgent());
      default ->
          random.nextBoolean()
              ? store.bundles().set(bundle("p" + random.nextInt(3) + ".test", random.nextInt(9)))
              : store
                  .bundles()
                  .delete(TrustDomain.parse("p" + random.nextInt(3) + ".test"), aMode());
    };
  }

  private DeleteMode aMode() {
    return List.of(DeleteMode.values()).get(random.nextInt(3));
  }

  private RegistrationEntry anEntry() {
    var entry =
        RegistrationEntry.builder(id("/w" + random.nextInt(8)), aParent(), someSelectors())
            .admin(random.nextInt(5) == 0)
            .federatesWith(
                random.nextInt(4) == 0
                    ? List.of(TrustDomain.parse("p" + random.nextInt(3) + ".test"))
                    : List.of())
            .build();
    ids.add(entry.id());
    return entry;
  }

  private Edited aChange() {
    return new Edited.Next(anEntry());
  }

  private List<Selector> someSelectors() {
    List<Selector> some = new ArrayList<>();
    some.add(new Selector("s", "" + random.nextInt(4)));
    if (random.nextBoolean()) {
      some.add(new Selector("s", "" + random.nextInt(4)));
    }
    return some;
  }

  private SpiffeId aParent() {
    return switch (random.nextInt(4)) {
      case 0 -> id("/spire/server");
      case 1 -> id("/w" + random.nextInt(8));
      default -> anAgent();
    };
  }

  private SpiffeId anAgent() {
    return id("/spire/agent/x/" + random.nextInt(4));
  }

  private String anId() {
    return ids.isEmpty() ? "none" : ids.get(random.nextInt(ids.size()));
  }

  private NodeAttestation anAttestation() {
    return new NodeAttestation(
        anAgent(),
        "x",
        someSelectors(),
        true,
        StoreHarness.serial(random.nextInt(1_000_000)),
        Optional.empty(),
        "key",
        Map.of());
  }

  private void compare(RegistryView view, StoreHarness harness) {
    var entries = get(harness.store().entries().list(EntryFilter.NONE, PageRequest.ALL)).items();
    assertThat(view.entryCount()).as("seed %d", seed).isEqualTo(entries.size());
    for (var agent = 0; agent < 4; agent++) {
      var agentId = id("/spire/agent/x/" + agent);
      var node = get(harness.store().nodes().find(agentId));
      assertThat(view.node(agentId)).as("seed %d", seed).isEqualTo(node);
      assertThat(view.authorizedEntries(agentId))
          .as("seed %d, agent %s", seed, agentId)
          .containsExactlyInAnyOrderElementsOf(expected(agentId, node, entries));
    }
    for (var workload = 0; workload < 8; workload++) {
      var workloadId = id("/w" + workload);
      assertThat(view.entriesOf(workloadId))
          .as("seed %d", seed)
          .containsExactlyInAnyOrderElementsOf(
              entries.stream()
                  .filter(one -> one.admin() && one.spiffeId().equals(workloadId))
                  .toList());
    }
    assertThat((long) view.bundleCount()).isEqualTo(get(harness.store().bundles().count()));
  }

  /// The rule, written the slow and plain way.
  private static List<RegistrationEntry> expected(
      SpiffeId agentId, Optional<NodeRecord> node, List<RegistrationEntry> all) {
    Set<SpiffeId> parents = new HashSet<>(Set.of(agentId));
    if (node.isPresent()) {
      var proven = new HashSet<>(node.get().selectors());
      all.stream()
          .filter(one -> one.parentId().equals(id("/spire/server")))
          .filter(one -> EntryMatcher.satisfies(one.selectors(), proven))
          .forEach(one -> parents.add(one.spiffeId()));
    }
    List<RegistrationEntry> found = List.of();
    var before = -1;
    while (before != parents.size()) {
      before = parents.size();
      found = all.stream().filter(one -> parents.contains(one.parentId())).toList();
      found.forEach(one -> parents.add(one.spiffeId()));
    }
    return found;
  }
}
