package dev.entente.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RequestLoopTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  /// Requests that are all there already: the worst case for the stack.
  private static RequestStream<Integer> upTo(int count) {
    var next = new AtomicInteger();
    return _ -> {
      var number = next.getAndIncrement();
      return Future.succeededFuture(number < count ? Optional.of(number) : Optional.empty());
    };
  }

  @Test
  void answersAnyNumberOfRequestsOnTheSameStack() {
    var depths = new ArrayList<Integer>();

    var ended =
        RequestLoop.run(
            upTo(200_000),
            LIMIT,
            request -> {
              if (request % 50_000 == 0) {
                depths.add(Thread.currentThread().getStackTrace().length);
              }
              return Future.succeededFuture();
            });

    assertThat(ended.succeeded()).isTrue();
    assertThat(depths).hasSize(4);
    assertThat(depths.getLast()).isLessThanOrEqualTo(depths.get(1));
  }

  @Test
  void readsTheNextRequestOnlyAfterTheAnswer() {
    var answers = List.of(Promise.<Void>promise(), Promise.<Void>promise());
    var asked = new ArrayList<Integer>();

    var ended =
        RequestLoop.run(
            upTo(2),
            LIMIT,
            request -> {
              asked.add(request);
              return answers.get(request).future();
            });

    assertThat(asked).containsExactly(0);
    answers.getFirst().complete();
    assertThat(asked).containsExactly(0, 1);
    assertThat(ended.isComplete()).isFalse();
    answers.getLast().complete();
    assertThat(ended.succeeded()).isTrue();
  }

  @Test
  void endsWithTheFirstFailure() {
    var fault = new IllegalStateException("no answer");

    var ended =
        RequestLoop.run(
            upTo(5),
            LIMIT,
            request -> request == 2 ? Future.failedFuture(fault) : Future.succeededFuture());

    assertThat(ended.cause()).isSameAs(fault);
  }
}
