package dev.entente.broker.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LivenessTest {
  private long nanos = 1;
  private Instant wall = Instant.parse("2026-11-22T03:00:00Z");
  private final Liveness liveness = new Liveness(Duration.ofHours(1), () -> wall, () -> nanos);

  private void pass(long seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
    wall = wall.plusSeconds(seconds);
  }

  private void live(long seconds) {
    for (var i = 0; i < seconds; i++) {
      pass(1);
      liveness.tick();
    }
  }

  private void read() {
    liveness.read(liveness.startReading());
  }

  @Test
  void objectsUntilTheFirstReading() {
    assertThat(liveness.objection()).isPresent();
    read();
    assertThat(liveness.objection()).isEmpty();
  }

  @Test
  void servesForTheLongestAgeAndNotBeyond() {
    read();
    live(3_600);
    assertThat(liveness.objection()).isEmpty();
    live(1);
    assertThat(liveness.objection()).isPresent();
    read();
    assertThat(liveness.objection()).isEmpty();
  }

  @Test
  void bearsAGapOfTenSecondsAndNotMore() {
    read();
    pass(10);
    assertThat(liveness.objection()).isEmpty();
    pass(11);
    assertThat(liveness.objection()).isPresent();
  }

  @Test
  void noticesAMachineThatSleptByTheWallClock() {
    read();
    wall = wall.plusSeconds(11);
    assertThat(liveness.objection()).isPresent();
  }

  @Test
  void doesNotTrustAReadingThatStartedBeforeThePause() {
    read();
    var start = liveness.startReading();
    pass(60);
    liveness.read(start);
    assertThat(liveness.objection()).isPresent();

    live(5);
    read();
    assertThat(liveness.objection()).isEmpty();
  }

  @Test
  void keepsObjectingWhileTicksGoOnWithoutAReading() {
    read();
    pass(60);
    live(5);
    assertThat(liveness.objection()).isPresent();
  }

  @Test
  void countsPausesAndObjectsToSigningForThemAlone() {
    assertThat(liveness.pauseObjection()).as("not loaded is no pause").isEmpty();
    read();
    live(3_601);
    assertThat(liveness.objection()).as("too old").isPresent();
    assertThat(liveness.pauseObjection()).isEmpty();
    assertThat(liveness.pauses()).isZero();

    pass(11);
    assertThat(liveness.pauseObjection()).isPresent();
    assertThat(liveness.pauses()).isEqualTo(1);
    read();
    assertThat(liveness.pauseObjection()).isEmpty();
    pass(11);
    assertThat(liveness.pauses()).isEqualTo(2);
  }
}
