package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.entente.runtime.Precedence.Schedule;
import dev.entente.testkit.NiceValue;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Each on a thread of its own, which keeps what it got.
@Timeout(60)
final class PrecedenceTest {
  private final Precedence precedence = new Precedence();

  private static <T> T onItsOwnThread(Callable<T> work) throws Exception {
    var task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().start(task);
    return task.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whoComputesInBulkWeighsLess() throws Exception {
    precedence.enable();

    int nice =
        onItsOwnThread(() -> {
          precedence.computesInBulk();
          precedence.computesInBulk();
          return NiceValue.ofThisThread();
        });

    assertThat(nice).isEqualTo(Math.max(NiceValue.ofThisThread(), Precedence.NICE));
  }

  @Test
  void whoAnswersHasShortTurnsAndTheSameWeight() throws Exception {
    precedence.enable();
    assumeThat(onItsOwnThread(precedence::current).map(Schedule::turnNanos).orElse(0L))
        .as("the kernel knows turns")
        .isPositive();

    var schedule =
        onItsOwnThread(() -> {
          precedence.answers();
          return precedence.current();
        });

    assertThat(schedule)
        .contains(new Schedule(NiceValue.ofThisThread(), Precedence.TURN.toNanos()));
  }

  @Test
  void nothingIsChangedBeforeItIsEnabled() throws Exception {
    int nice =
        onItsOwnThread(() -> {
          precedence.answers();
          precedence.computesInBulk();
          return NiceValue.ofThisThread();
        });

    assertThat(nice).isEqualTo(NiceValue.ofThisThread());
    assertThat(precedence.current()).isEmpty();
  }

  @Test
  void everyEventLoopIsReachedAlsoThoseNotNeededSoFar() throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(3));
    Set<Thread> reached = ConcurrentHashMap.newKeySet();
    var all = new CountDownLatch(3);
    try {
      DaemonVertx.onEventLoops(
          vertx,
          () -> {
            reached.add(Thread.currentThread());
            all.countDown();
          });

      assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(reached).hasSize(3);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }
}
