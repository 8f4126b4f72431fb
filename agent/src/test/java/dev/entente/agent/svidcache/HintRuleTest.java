package dev.entente.agent.svidcache;

import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HintRuleTest {
  private static final Instant EARLY = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATE = EARLY.plusSeconds(1);

  @Test
  @Tag("+WAPI-91")
  @DisplayName("WAPI-91 different hints are delivered unchanged")
  void leavesDifferentHintsAlone() {
    var one = withHint(entry("a", "unix:uid:1"), "internal", EARLY);
    var two = withHint(entry("b", "unix:uid:1"), "external", EARLY);

    assertThat(HintRule.assign(List.of(one, two)))
        .isEqualTo(Map.of("a", "internal", "b", "external"));
  }

  @Test
  @Tag("-WAPI-34")
  @Tag("-WAPI-51")
  @DisplayName("WAPI-34 WAPI-51 the oldest of two entries keeps the hint, the other loses it")
  void givesASharedHintToTheOldest() {
    var younger = withHint(entry("a", "unix:uid:1"), "internal", LATE);
    var older = withHint(entry("b", "unix:uid:1"), "internal", EARLY);

    assertThat(HintRule.assign(List.of(younger, older)))
        .isEqualTo(Map.of("a", "", "b", "internal"));
  }

  @Test
  void givesAHintSharedByEntriesOfOneAgeToTheLowestId() {
    var second = withHint(entry("b", "unix:uid:1"), "internal", EARLY);
    var first = withHint(entry("a", "unix:uid:1"), "internal", EARLY);

    assertThat(HintRule.assign(List.of(second, first))).isEqualTo(Map.of("a", "internal", "b", ""));
  }

  @Test
  void entriesWithoutAHintDoNotCompete() {
    assertThat(HintRule.assign(List.of(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"))))
        .isEqualTo(Map.of("a", "", "b", ""));
  }
}
