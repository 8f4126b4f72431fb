package dev.entente.agent.workload.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PodListsTest {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration SOON = Duration.ofSeconds(30);

  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong();

  @Test
  void givesWhatItHasWhileThatIsFresh() throws Exception {
    var lists = new PodLists(this::none, INTERVAL, nanos::get);

    assertThat(lists.newerThan(0).version()).isEqualTo(1);
    assertThat(lists.newerThan(0).version()).isEqualTo(1);
    nanos.addAndGet(INTERVAL.toNanos());
    assertThat(lists.newerThan(0).version()).isEqualTo(2);
    assertThat(asked).hasValue(2);
  }

  @Test
  void waitsBeforeItAsksAgain() throws Exception {
    var lists = new PodLists(this::none, Duration.ofMillis(50));
    long began = System.nanoTime();

    assertThat(lists.newerThan(0).version()).isEqualTo(1);
    assertThat(lists.newerThan(1).version()).isEqualTo(2);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(49));
  }

  @Test
  void asksOnceForAllWhoWait() throws Exception {
    var release = new CountDownLatch(1);
    var lists =
        new PodLists(
            () -> {
              asked.incrementAndGet();
              release.await();
              return List.of();
            },
            INTERVAL,
            nanos::get);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> waiting = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        waiting.add(threads.submit(() -> lists.newerThan(0).version()));
      }
      Await.until("question", SOON, () -> asked.get() == 1);
      release.countDown();

      for (var each : waiting) {
        assertThat(each.get(30, TimeUnit.SECONDS)).isEqualTo(1);
      }
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void tellsAllWhoWaitThatItFailed() {
    var lists =
        new PodLists(
            () -> {
              throw new AttestationFault("no kubelet");
            },
            INTERVAL,
            nanos::get);

    assertThatThrownBy(() -> lists.newerThan(0))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("no kubelet");
  }

  @Test
  void goesOnWhenTheOneWhoAskedIsInterrupted() throws Exception {
    var lists =
        new PodLists(
            () -> {
              if (asked.incrementAndGet() == 1) {
                new CountDownLatch(1).await();
              }
              return List.of();
            },
            INTERVAL,
            nanos::get);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> lists.newerThan(0));
      Await.until("question", SOON, () -> asked.get() == 1);
      var second = threads.submit(() -> lists.newerThan(0));
      first.cancel(true);

      nanos.addAndGet(INTERVAL.toNanos());
      try {
        second.get(30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasRootCauseMessage("the list of pods was not fetched");
      }
      Await.until("free", SOON, () -> isAnswered(lists));
    }
  }

  private static boolean isAnswered(PodLists lists) {
    try {
      return lists.newerThan(0).version() > 0;
    } catch (AttestationFault _) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Pod> none() {
    asked.incrementAndGet();
    return List.of();
  }
}
