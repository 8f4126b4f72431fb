package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class OccasionalLogTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final OccasionalLog lines = new OccasionalLog(Duration.ofNanos(10), nanos::get);

  @Test
  void saysTheFirstAtOnceAndThenHowManyItKeptSilentAbout() {
    assertThat(lines.count()).isEqualTo(1);
    assertThat(lines.count()).isZero();
    nanos.addAndGet(9);
    assertThat(lines.count()).isZero();
    nanos.addAndGet(1);
    assertThat(lines.count()).isEqualTo(3);
    nanos.addAndGet(100);
    assertThat(lines.count()).isEqualTo(1);
  }
}
