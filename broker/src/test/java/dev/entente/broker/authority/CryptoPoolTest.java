package dev.entente.broker.authority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.api.Failures;
import dev.entente.runtime.Precedence;
import dev.entente.testkit.NiceValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CryptoPoolTest {
  private final CryptoPool pool = new CryptoPool(2, 4, new Precedence());

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void keepsTheOrderOfABatchThatSpansSlices() throws Exception {
    var items = IntStream.range(0, 3 * CryptoPool.SLICE_ITEMS + 1).boxed().toList();

    assertThat(get(pool.submitEach(items, i -> 2 * i)))
        .isEqualTo(items.stream().map(i -> 2 * i).toList());
    assertThat(get(pool.submitEach(java.util.List.<Integer>of(), i -> i))).isEmpty();
  }

  @Test
  void failsTheBatchIfOneItemFails() {
    var batch =
        pool.submitEach(
            IntStream.range(0, 20).boxed().toList(),
            i -> {
              if (i == 17) {
                throw new IllegalStateException("seventeen");
              }
              return i;
            });

    assertThat(batch.toCompletionStage().toCompletableFuture())
        .failsWithin(java.time.Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("seventeen");
  }

  @Test
  void refusesAtOnceWhenTheQueueIsFull() throws Exception {
    var release = new CountDownLatch(1);
    var busy = new CountDownLatch(2);
    for (var i = 0; i < 2; i++) {
      pool.submit(() -> {
        busy.countDown();
        return release.await(60, TimeUnit.SECONDS);
      });
    }
    assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
    for (var i = 0; i < 4; i++) {
      pool.submit(() -> 1);
    }

    var refused = pool.submit(() -> 1);

    assertThat(refused.failed()).isTrue();
    assertThat(refused.cause()).isInstanceOf(CryptoPoolFullException.class);
    assertThat(Failures.toRpc("AttestAgent", refused.cause()).status().code())
        .isEqualTo(GrpcStatus.UNAVAILABLE);
    release.countDown();
  }

  @Test
  void completesOnTheContextOfTheCaller() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var context = vertx.getOrCreateContext();
      var seen = new java.util.concurrent.CompletableFuture<Boolean>();
      context.runOnContext(_ ->
          pool.submit(() -> 1)
              .onComplete(_ -> seen.complete(context.equals(Vertx.currentContext()))));

      assertThat(seen.get(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      get(vertx.close());
    }
  }

  private static <T> T get(Future<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void yieldsToThoseWhoAnswer() throws Exception {
    var precedence = new Precedence();
    try (var yielding = new CryptoPool(1, 4, precedence)) {
      assertThat(get(yielding.submit(NiceValue::ofThisThread))).isEqualTo(NiceValue.ofThisThread());

      precedence.enable();

      assertThat(get(yielding.submit(NiceValue::ofThisThread)))
          .isEqualTo(Math.max(NiceValue.ofThisThread(), 10));
    }
  }
}
