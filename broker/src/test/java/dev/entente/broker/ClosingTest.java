package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ClosingTest {
  private final List<String> closed = new CopyOnWriteArrayList<>();

  private AutoCloseable part(String name) {
    return () -> closed.add(name);
  }

  @Test
  void closesTheNewestFirstAndOnlyOnce() {
    var closing = new Closing();
    closing.add("store", part("store"));
    closing.add("audit", part("audit"));

    closing.run(Duration.ofMinutes(1), Future::succeededFuture);
    closing.run(Duration.ofMinutes(1), Future::succeededFuture);

    assertThat(closed).containsExactly("audit", "store");
  }

  @Test
  void whateverHangsTheOthersAreClosedAndAllOfItIsBounded() {
    var never = new CountDownLatch(1);
    var closing = new Closing();
    closing.add("store", part("store"));
    closing.add("vertx", () -> Promise.<Void>promise().future());
    closing.add("stuck", (AutoCloseable) never::await);
    closing.add(
        "broken",
        (AutoCloseable)
            () -> {
              throw new IllegalStateException("no");
            });
    var began = System.nanoTime();

    closing.run(Duration.ofSeconds(1), () -> Promise.<Void>promise().future());

    assertThat(closed).containsExactly("store");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    never.countDown();
  }
}
