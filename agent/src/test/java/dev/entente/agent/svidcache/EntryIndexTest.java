package dev.entente.agent.svidcache;

import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.flagged;
import static dev.entente.agent.svidcache.Entries.selectors;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EntryIndexTest {
  private final EntryIndex index = new EntryIndex();

  @Test
  void findsTheEntriesWhoseSelectorsAreAllHeld() {
    index.put(entry("one", "unix:uid:1"));
    index.put(entry("both", "unix:uid:1", "unix:gid:2"));
    index.put(entry("other", "unix:uid:3"));
    index.put(entry("more", "unix:uid:1", "unix:gid:2", "unix:path:/x"));

    assertThat(idsOf("unix:uid:1", "unix:gid:2", "unix:user:joe")).containsExactly("both", "one");
    assertThat(idsOf("unix:gid:2")).isEmpty();
    assertThat(idsOf()).isEmpty();
  }

  @Test
  @Tag("+WAPI-90")
  @DisplayName("WAPI-90 the default identity is the lowest entry id, whatever the order of arrival")
  void ordersByEntryId() {
    index.put(entry("c", "unix:uid:1"));
    index.put(entry("a", "unix:gid:1"));
    index.put(entry("b", "unix:uid:1", "unix:gid:1"));

    assertThat(idsOf("unix:uid:1", "unix:gid:1")).containsExactly("a", "b", "c");
  }

  @Test
  void forgetsWhatWasRemovedAndFollowsWhatWasChanged() {
    index.put(entry("a", "unix:uid:1"));
    index.put(entry("b", "unix:uid:1"));
    index.put(entry("a", "unix:uid:2"));
    index.remove("b");
    index.remove("never-there");

    assertThat(idsOf("unix:uid:1")).isEmpty();
    assertThat(idsOf("unix:uid:2")).containsExactly("a");
    assertThat(index.find("b")).isEmpty();
  }

  @Test
  void neverServesEntriesMeantForASecretStore() {
    index.put(flagged(entry("stored", "unix:uid:1"), false, false, true));

    assertThat(idsOf("unix:uid:1")).isEmpty();
    assertThat(index.all()).isEmpty();
  }

  @Test
  void servesAdminAndDownstreamEntriesToTheirOwnWorkload() {
    index.put(flagged(entry("admin", "unix:uid:1"), true, false, false));
    index.put(flagged(entry("downstream", "unix:uid:1"), false, true, false));

    assertThat(idsOf("unix:uid:1")).containsExactly("admin", "downstream");
  }

  @Test
  void agreesWithTheDefinitionOnRandomEntriesAndWorkloads() {
    var random = RandomGenerator.of("L64X128MixRandom");
    var all =
        IntStream.range(0, 500).mapToObj(i -> entry("e" + i, randomSelectors(random, 3))).toList();
    all.forEach(index::put);
    all.subList(0, 100).forEach(entry -> index.remove(entry.id()));

    for (int i = 0; i < 200; i++) {
      Set<Selector> workload = selectors(randomSelectors(random, 8));
      var expected =
          all.stream()
              .skip(100)
              .filter(entry -> workload.containsAll(entry.selectors()))
              .map(AgentEntry::id)
              .sorted()
              .toList();
      assertThat(ids(index.matching(workload))).isEqualTo(expected);
    }
  }

  private static String[] randomSelectors(RandomGenerator random, int most) {
    return IntStream.range(0, 1 + random.nextInt(most))
        .mapToObj(_ -> "unix:uid:" + random.nextInt(12))
        .collect(Collectors.toSet())
        .toArray(String[]::new);
  }

  private List<String> idsOf(String... workload) {
    return ids(index.matching(selectors(workload)));
  }

  private static List<String> ids(List<AgentEntry> entries) {
    return entries.stream().map(AgentEntry::id).toList();
  }
}
