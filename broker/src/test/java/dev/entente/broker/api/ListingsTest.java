package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.store.Page;
import dev.entente.broker.store.PageRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesResponse;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ListingsTest {
  private static void tooLarge(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.refusal().kind()).isEqualTo(RefusalKind.TOO_LARGE);
              assertThat(e.refusal().message()).contains(words);
            });
  }

  /// An answer of exactly so many bytes: one field with two bytes of tag, at most four of length.
  private static ListEntriesResponse answer(int bytes) {
    var token = bytes - 5;
    return ListEntriesResponse.newBuilder().setNextPageToken("x".repeat(token)).build();
  }

  @Test
  void answersAsMuchAsAMessageTakesAndNoMore() {
    var most = answer(Listings.MESSAGE_MAX_BYTES);
    assertThat(most.getSerializedSize()).isEqualTo(Listings.MESSAGE_MAX_BYTES);

    assertThat(Listings.fitting(most)).isSameAs(most);
    tooLarge(
        () -> Listings.fitting(answer(Listings.MESSAGE_MAX_BYTES + 1)),
        "4194305 bytes",
        "4194304",
        "page_size");
  }

  @Test
  void answersAsManyItemsAsAreReadAndNoMore() {
    var all = PageRequest.of(0, "");
    var most = page(PageRequest.WITHOUT_PAGES_MAX);

    assertThat(Listings.complete(all, most)).isSameAs(most);
    tooLarge(
        () -> Listings.complete(all, page(PageRequest.WITHOUT_PAGES_MAX + 1)),
        "more than 100000 items",
        "page_size");
  }

  private static Page<String> page(int items) {
    return new Page<>(Collections.nCopies(items, "x"), "");
  }
}
