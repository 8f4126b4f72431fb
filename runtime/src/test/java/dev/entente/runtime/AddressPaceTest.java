package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AddressPaceTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000);
  private final AddressPace pace = new AddressPace(now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private void endTooOften(String address) {
    for (var i = 0; i <= AddressPace.ENDS_FREE; i++) {
      pace.ended(address);
    }
  }

  @Test
  void letsEverybodyInWhileFewWereCutOff() {
    for (var i = 0; i < AddressPace.ENDS_FREE; i++) {
      pace.ended("address");
    }

    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isZero();
    assertThat(pace.giveBack("address")).isFalse();
  }

  @Test
  void givesOneTurnAtATimeAfterTheThirdEnd() {
    endTooOften("address");

    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isEqualTo(AddressPace.TURN);
    pass(AddressPace.TURN.minusNanos(1));
    assertThat(pace.take("address")).isEqualTo(Duration.ofNanos(1));
    pass(Duration.ofNanos(1));
    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isEqualTo(AddressPace.TURN);
  }

  @Test
  void savesNoTurnsThatNobodyTook() {
    endTooOften("address");
    pass(AddressPace.TURN.multipliedBy(10));

    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isEqualTo(AddressPace.TURN);
  }

  @Test
  void leavesTheTurnsAsTheyAreAtAFurtherEnd() {
    endTooOften("address");
    pace.take("address");

    pace.ended("address");

    assertThat(pace.take("address")).isEqualTo(AddressPace.TURN);
  }

  @Test
  void letsOtherAddressesIn() {
    endTooOften("address");
    pace.take("address");

    assertThat(pace.take("other")).isZero();
    assertThat(pace.take("other")).isZero();
  }

  @Test
  void beginsTheNextTurnAtOnceWhenOneIsGivenBack() {
    endTooOften("address");
    pace.take("address");

    assertThat(pace.giveBack("address")).isTrue();

    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isEqualTo(AddressPace.TURN);
  }

  @Test
  void forgivesAnAddressThatIsQuietForAMinute() {
    endTooOften("address");
    pass(AddressPace.FORGIVEN_AFTER.minusNanos(1));
    pace.take("address");
    assertThat(pace.take("address")).isPositive();

    pass(Duration.ofNanos(1));

    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isZero();
    pace.ended("address");
    assertThat(pace.take("address")).isZero();
    assertThat(pace.take("address")).isZero();
  }

  @Test
  void countsAMinuteFromTheLastEnd() {
    for (var i = 0; i <= AddressPace.ENDS_FREE; i++) {
      pass(AddressPace.FORGIVEN_AFTER.minusNanos(1));
      pace.ended("address");
    }
    pace.take("address");

    assertThat(pace.take("address")).isPositive();
  }

  @Test
  void remembersNoMoreAddressesThanItHasRoomFor() {
    endTooOften("first");
    endTooOften("second");
    for (var i = 2; i < AddressPace.ADDRESSES_MAX; i++) {
      pace.ended("address " + i);
    }
    pace.take("first");
    pace.ended("one more");
    pace.take("second");

    assertThat(pace.take("first")).isPositive();
    assertThat(pace.take("second")).isZero();
  }
}
