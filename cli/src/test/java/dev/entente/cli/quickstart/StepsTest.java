package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class StepsTest {
  private final List<String> printed = new ArrayList<>();
  private final AtomicLong now = new AtomicLong();
  private final Steps steps = new Steps(printed::add, now::get);

  @Test
  void printsAStepWithItsTimeAndWhatItShowed() throws Exception {
    steps.step(
        "node attested",
        () -> {
          now.addAndGet(Duration.ofMillis(1_240).toNanos());
          return "by join_token";
        });

    assertThat(printed)
        .containsExactly(
            " ✓   1.2 s  node attested                                   by join_token");
  }

  @Test
  void printsAFailedStepAndPassesTheFailureOn() {
    assertThatThrownBy(() ->
            steps.step(
                "intruder refused",
                () -> {
                  now.addAndGet(Duration.ofSeconds(30).toNanos());
                  throw new IOException("it was served");
                }))
        .isInstanceOf(IOException.class)
        .hasMessage("it was served");

    assertThat(printed).containsExactly(" ✗  30.0 s  intruder refused");
    assertThat(steps.summary(false)).isEqualTo("quickstart: FAILED after 0 steps, 30.0 s");
  }

  @Test
  void countsStepsAndTheTimeSinceTheBeginning() throws Exception {
    steps.step("one", () -> "");
    now.addAndGet(Duration.ofMillis(2_500).toNanos());
    steps.step("two", () -> "");

    assertThat(steps.summary(true)).isEqualTo("quickstart: all 2 steps passed in 2.5 s");
  }
}
