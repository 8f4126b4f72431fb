package dev.entente.federation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefreshScheduleTest {
  private static final RefreshSchedule SCHEDULE =
      new RefreshSchedule(Duration.ofSeconds(10), Duration.ofHours(24));
  private static final RandomGenerator NO_JITTER = () -> 0L;

  @ParameterizedTest
  @Tag("+FED-09")
  @Tag("+BND-16")
  @CsvSource({
    "PT60S, PT60S",
    "PT10S, PT10S",
    "PT9S, PT10S",
    "PT1S, PT10S",
    "PT24H, PT24H",
    "PT25H, PT24H",
  })
  void followsTheHintWithinItsBounds(Duration hint, Duration wait) {
    assertThat(SCHEDULE.next(Optional.of(bundle(Optional.of(hint))), NO_JITTER)).isEqualTo(wait);
  }

  @Test
  @Tag("+FED-10")
  @Tag("+BND-38")
  void waitsFiveMinutesWithoutAHint() {
    assertThat(SCHEDULE.next(Optional.of(bundle(Optional.empty())), NO_JITTER))
        .isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void comesBackSoonWhileNothingIsHeld() {
    assertThat(SCHEDULE.next(Optional.empty(), NO_JITTER)).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void spreadsFetchesOverTheLastTenthOfTheInterval() {
    var random = new Random(7);
    var bundle = Optional.of(bundle(Optional.of(Duration.ofSeconds(100))));
    for (int i = 0; i < 1000; i++) {
      assertThat(SCHEDULE.next(bundle, random))
          .isBetween(Duration.ofSeconds(90), Duration.ofSeconds(100));
    }
  }

  private static SpiffeBundle bundle(Optional<Duration> hint) {
    return new SpiffeBundle(
        TrustDomain.parse("partner.example"),
        List.of(),
        List.of(),
        List.of(),
        hint,
        OptionalLong.of(1));
  }
}
