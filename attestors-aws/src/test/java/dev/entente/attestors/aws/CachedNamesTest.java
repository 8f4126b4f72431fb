package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CachedNamesTest {
  private static final Duration TTL = Duration.ofMinutes(3);
  private static final Duration EARLIEST = Duration.ofSeconds(30);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-22T09:00:00Z"));
  private final AtomicInteger fetches = new AtomicInteger();
  private final AtomicReference<Set<String>> kept = new AtomicReference<>(Set.of("a"));
  private final CachedNames names =
      new CachedNames(
          () -> {
            fetches.incrementAndGet();
            if (kept.get().isEmpty()) {
              throw new AttestationFault("no answer");
            }
            return kept.get();
          },
          TTL,
          clock);

  @Test
  void fetchesOnceForManyQuestions() throws Exception {
    for (int i = 0; i < 100; i++) {
      assertThat(names.has("a")).isTrue();
      assertThat(names.has("b")).isFalse();
    }

    assertThat(fetches).hasValue(1);
  }

  @Test
  void findsWhatWasAddedAfterAWhile() throws Exception {
    assertThat(names.has("b")).isFalse();
    kept.set(Set.of("a", "b"));

    clock.advance(EARLIEST.minusMillis(1));
    assertThat(names.has("b")).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(names.has("b")).isTrue();
    assertThat(fetches).hasValue(2);
  }

  @Test
  void forgetsWhatWasTakenAwayWhenItsTimeIsOver() throws Exception {
    assertThat(names.has("a")).isTrue();
    kept.set(Set.of("b"));

    clock.advance(TTL.minusMillis(1));
    assertThat(names.has("a")).isTrue();
    clock.advance(Duration.ofMillis(1));
    assertThat(names.has("a")).isFalse();
  }

  @Test
  void hasNoAnswerOnceItIsOldAndCannotBeFetched() throws Exception {
    assertThat(names.has("a")).isTrue();
    kept.set(Set.of());
    clock.advance(TTL);

    assertThatThrownBy(() -> names.has("a")).isInstanceOf(AttestationFault.class);
    kept.set(Set.of("a"));
    assertThat(names.has("a")).isTrue();
  }

  @Test
  void letsOthersFetchAfterItself() throws Exception {
    assertThat(names.has("a")).isTrue();

    var other = CompletableFuture.supplyAsync(() -> hasNow("b"));

    assertThat(other.get(30, TimeUnit.SECONDS)).isFalse();
  }

  private boolean hasNow(String name) {
    try {
      return names.has(name);
    } catch (AttestationFault e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void doesNotFetchForACallerThatIsToEnd() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> names.has("a")).isInstanceOf(AttestationFault.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(fetches).hasValue(0);
  }

  @Test
  void takesASetFromTheFutureForAnOldOne() throws Exception {
    assertThat(names.has("a")).isTrue();
    kept.set(Set.of("b"));

    clock.advance(Duration.ofHours(-1));
    assertThat(names.has("a")).isFalse();
  }
}
