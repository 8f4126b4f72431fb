package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationRuleTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // what it shows                            lifetime, target, jitter, rotates after
    "half of the lifetime without a target,      PT1H,    PT0S,    0,      PT30M",
    "earliest is a tenth of the half sooner,     PT1H,    PT0S,    1,      PT27M",
    "latest is a tenth of the half later,        PT1H,    PT0S,   -1,      PT33M",
    "a few seconds are halved too,               PT10S,   PT0S,    0,      PT5S",
    "a target decides with more than 12h grace,  PT48H,   PT24H,  -1,      PT24H",
    "a target is spread by up to ten minutes,    PT48H,   PT24H,   1,      PT23H50M",
    "the middle of the spread,                   PT48H,   PT24H,   0,      PT23H55M",
    "a grace of exactly 12h falls back to half,  PT36H,   PT24H,   0,      PT18H",
    "one second more and the target decides,     PT36H1S, PT24H,  -1,      PT12H1S",
    "a target over the lifetime falls back,      PT1H,    PT24H,   0,      PT30M",
  })
  void saysWhenAnX509SvidIsReplaced(
      String what, Duration lifetime, Duration target, double jitter, Duration expected) {
    var rule = new RotationRule(target);

    var at = rule.rotateX509At(START, START.plus(lifetime), jitter);

    assertThat(Duration.between(START, at)).as(what).isEqualTo(expected);
  }

  @Test
  void refreshesAJwtSvidAtHalfWhateverTheTarget() {
    var at = RotationRule.refreshJwtAt(START, START.plusSeconds(300), 0);

    assertThat(at).isEqualTo(START.plusSeconds(150));
  }

  @Test
  void refusesANegativeTarget() {
    assertThatThrownBy(() -> new RotationRule(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
