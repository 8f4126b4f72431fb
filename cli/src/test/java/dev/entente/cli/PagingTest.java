package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PagingTest {
  @Test
  void takesEachPageBeforeItAsksForTheNext() {
    var seen = new ArrayList<String>();
    var next = Map.of("one", "2", "two", "3", "three", "");

    Paging.each(
        token -> {
          seen.add("ask " + token);
          return List.of("one", "two", "three")
              .get(token.isEmpty() ? 0 : Integer.parseInt(token) - 1);
        },
        page -> next.getOrDefault(page, ""),
        page -> seen.add("take " + page));

    assertThat(seen)
        .containsExactly("ask ", "take one", "ask 2", "take two", "ask 3", "take three");
  }

  @Test
  void breaksOffAListWithoutEnd() {
    assertThatThrownBy(() -> Paging.each(token -> token, _ -> "same", _ -> {}))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.cause()).contains("the same page again and again"));
    var count = new AtomicInteger();
    assertThatThrownBy(() ->
            Paging.each(token -> token, _ -> Integer.toString(count.incrementAndGet()), _ -> {}))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.cause()).contains("100000 pages"));
  }
}
