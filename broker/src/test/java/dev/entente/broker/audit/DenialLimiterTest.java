package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.audit.DenialLimiter.LeftOut;
import dev.entente.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DenialLimiterTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");
  private static final Map<String, String> ONE = caller("one");

  private final ManualClock clock = ManualClock.at(NOW);
  private final DenialLimiter limiter = new DenialLimiter(clock);

  private static Map<String, String> caller(String name) {
    return Map.of("kind", "admin", "spiffe_id", "spiffe://example.org/" + name);
  }

  /// Asks so often, in seconds of their own unless they are more than a second takes.
  private int admitted(Map<String, String> caller, int times) {
    var admitted = 0;
    for (var i = 0; i < times; i++) {
      admitted += limiter.admits(caller) ? 1 : 0;
    }
    return admitted;
  }

  @Test
  void admitsSoManyASecond() {
    assertThat(admitted(ONE, 100)).isEqualTo(DenialLimiter.PER_SECOND);
    clock.advance(Duration.ofSeconds(1));
    assertThat(admitted(ONE, 1)).isEqualTo(1);
  }

  @Test
  void admitsSoManyOfOneCallerAnHourAndThenThoseOfOthersStill() {
    var admitted = 0;
    for (var second = 0; second < 20; second++) {
      admitted += admitted(ONE, 10);
      clock.advance(Duration.ofSeconds(1));
    }

    assertThat(admitted).isEqualTo(DenialLimiter.PER_CALLER_AND_HOUR);
    assertThat(admitted(caller("other"), 1)).isEqualTo(1);
  }

  @Test
  void admitsSoManyOfAllCallersAnHour() {
    var admitted = 0;
    for (var second = 0; second < 300; second++) {
      admitted += admitted(caller("c" + second), DenialLimiter.PER_SECOND);
      clock.advance(Duration.ofSeconds(1));
    }

    assertThat(admitted).isEqualTo(DenialLimiter.PER_HOUR);
  }

  @Test
  void countsForEachCallerWhatItLeftOutOnceTheHourIsOver() {
    admitted(ONE, 25);
    admitted(caller("other"), 3);
    assertThat(limiter.finished()).isEmpty();

    clock.advance(Duration.ofHours(1));

    assertThat(limiter.finished())
        .containsExactlyInAnyOrder(new LeftOut(ONE, 5, NOW), new LeftOut(caller("other"), 3, NOW));
    assertThat(limiter.finished()).isEmpty();
    assertThat(admitted(ONE, 1)).as("a new hour").isEqualTo(1);
  }

  @Test
  void givesWhatItHasWhenTheLogCloses() {
    admitted(ONE, 21);

    assertThat(limiter.all()).containsExactly(new LeftOut(ONE, 1, NOW));
    assertThat(limiter.all()).isEmpty();
  }

  @Test
  void countsProcessesOfOneUserTogether() {
    for (var pid = 0; pid < 30; pid++) {
      limiter.admits(Map.of("kind", "local", "uid", "7", "pid", Integer.toString(pid)));
    }

    assertThat(limiter.all())
        .containsExactly(new LeftOut(Map.of("kind", "local", "uid", "7"), 10, NOW));
  }

  @Test
  void countsCallersBeyondItsTableAsOne() {
    admitted(caller("first"), DenialLimiter.PER_SECOND);
    for (var i = 1; i < DenialLimiter.CALLERS_MAX + 50; i++) {
      limiter.admits(caller("c" + i));
    }

    var leftOut = limiter.all();
    assertThat(leftOut).hasSize(DenialLimiter.CALLERS_MAX);
    assertThat(leftOut).contains(new LeftOut(Map.of("kind", "others"), 50, NOW));
  }
}
