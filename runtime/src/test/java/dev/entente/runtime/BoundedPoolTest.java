package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.testkit.NiceValue;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BoundedPoolTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Vertx vertx = Vertx.vertx();
  private final BoundedPool pool = new BoundedPool("test", 1, 1);
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    pool.close();
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Future<String> holdTheThread() throws InterruptedException {
    var held =
        pool.run(
            vertx,
            () -> {
              started.countDown();
              goOn.await();
              return "held";
            },
            LONG);
    assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
    return held;
  }

  @Test
  void refusesWhatItsQueueHasNoRoomForAndShowsIt() throws Exception {
    var meters = new SimpleMeterRegistry();
    pool.register(meters);
    var held = holdTheThread();
    var queued = pool.run(vertx, () -> "queued", LONG);

    assertThatThrownBy(() -> await(pool.run(vertx, () -> "refused", LONG)))
        .hasCauseInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("too much work for \"test\": 1 pieces wait");
    assertThat(meters.get("entente.pool.queue").tag("pool", "test").gauge().value()).isEqualTo(1);
    assertThat(meters.get("entente.pool.refused").functionCounter().count()).isEqualTo(1);

    goOn.countDown();
    assertThat(await(held)).isEqualTo("held");
    assertThat(await(queued)).isEqualTo("queued");
  }

  @Test
  void interruptsWhatIsOverItsLimit() {
    var never = new CountDownLatch(1);

    assertThatThrownBy(() ->
            await(
                pool.run(
                    vertx,
                    () -> {
                      never.await();
                      return "";
                    },
                    Duration.ofMillis(50))))
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(pool.run(vertx, () -> "next", LONG).toCompletionStage().toCompletableFuture())
        .succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void passesOnWhatTheWorkThrows() {
    assertThatThrownBy(() ->
            await(
                pool.run(
                    vertx,
                    () -> {
                      throw new IllegalStateException("a bug");
                    },
                    LONG)))
        .hasRootCauseMessage("a bug");
  }

  @Test
  void yieldsToThoseWhoAnswerIfItComputes() throws Exception {
    var precedence = new Precedence();
    precedence.enable();
    try (var computing = new BoundedPool("computing", 1, 1, precedence)) {
      assertThat(await(computing.run(vertx, NiceValue::ofThisThread, LONG)))
          .isEqualTo(Math.max(NiceValue.ofThisThread(), Precedence.NICE));
    }
    assertThat(await(pool.run(vertx, NiceValue::ofThisThread, LONG)))
        .isEqualTo(NiceValue.ofThisThread());
  }
}
