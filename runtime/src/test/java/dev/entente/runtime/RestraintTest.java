package dev.entente.runtime;

import static dev.entente.runtime.Restraint.Cause.FLOOD;
import static dev.entente.runtime.Restraint.Cause.MISTAKE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RestraintTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000);
  private final Restraint restraint = new Restraint(now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void letsThoseInWhoDidNothing() {
    restraint.ended("user 1", FLOOD);

    assertThat(restraint.of("user 2")).isZero();
  }

  @Test
  void doublesTheWaitWithEachEnd() {
    var wait = Restraint.FIRST;
    while (wait.compareTo(Restraint.LONGEST) < 0) {
      restraint.ended("peer", FLOOD);
      assertThat(restraint.of("peer")).isEqualTo(wait);
      pass(wait);
      wait = wait.multipliedBy(2);
    }
    for (var i = 0; i < 70; i++) {
      restraint.ended("peer", FLOOD);
      assertThat(restraint.of("peer")).isEqualTo(Restraint.LONGEST);
    }
  }

  @Test
  void letsAMistakePassOnceAMinute() {
    restraint.ended("peer", MISTAKE);
    assertThat(restraint.of("peer")).isZero();

    restraint.ended("peer", MISTAKE);
    assertThat(restraint.of("peer")).isEqualTo(Restraint.FIRST);
    restraint.ended("peer", MISTAKE);
    assertThat(restraint.of("peer")).isEqualTo(Restraint.FIRST.multipliedBy(2));

    pass(Restraint.FORGIVEN_AFTER);
    restraint.ended("peer", MISTAKE);
    assertThat(restraint.of("peer")).isZero();
  }

  @Test
  void countsFloodsAndMistakesOfOnePeerTogether() {
    restraint.ended("erring first", MISTAKE);
    restraint.ended("erring first", FLOOD);
    restraint.ended("flooding first", FLOOD);
    restraint.ended("flooding first", MISTAKE);

    assertThat(restraint.of("erring first")).isEqualTo(Restraint.FIRST);
    assertThat(restraint.of("flooding first")).isEqualTo(Restraint.FIRST.multipliedBy(2));
  }

  @Test
  void endsWhenItIsOver() {
    restraint.ended("peer", FLOOD);
    pass(Restraint.FIRST.minusNanos(1));
    assertThat(restraint.of("peer")).isEqualTo(Duration.ofNanos(1));

    pass(Duration.ofNanos(1));

    assertThat(restraint.of("peer")).isZero();
  }

  @Test
  void forgivesThoseWhoAreQuietForAMinute() {
    restraint.ended("early", FLOOD);
    restraint.ended("late", FLOOD);
    pass(Restraint.FORGIVEN_AFTER.minusNanos(1));
    restraint.ended("early", FLOOD);
    pass(Duration.ofNanos(1));
    restraint.ended("late", FLOOD);

    assertThat(restraint.of("early"))
        .isEqualTo(Restraint.FIRST.multipliedBy(2).minus(Duration.ofNanos(1)));
    assertThat(restraint.of("late")).isEqualTo(Restraint.FIRST);
  }

  @Test
  void remembersNoMorePeersThanItHasRoomFor() {
    restraint.ended("first", FLOOD);
    restraint.ended("second", FLOOD);
    for (var i = 2; i < Restraint.PEERS_MAX; i++) {
      restraint.ended("peer " + i, FLOOD);
    }
    restraint.ended("first", FLOOD);
    restraint.ended("one more", FLOOD);

    assertThat(restraint.of("first")).isPositive();
    assertThat(restraint.of("second")).isZero();
    assertThat(restraint.of("one more")).isPositive();
  }
}
