package dev.entente.broker.api;

import com.google.protobuf.MessageLite;
import dev.entente.broker.store.Page;
import dev.entente.broker.store.PageRequest;

/// Answers of the List methods, each of which has to fit into one message.
///
/// Without a page size SPIRE answers with everything; so do we, as long as a client can read it.
final class Listings {
  /// What gRPC's clients receive unless they were told otherwise.
  static final int MESSAGE_MAX_BYTES = 4 << 20;

  private static final String REMEDY = "; ask for pages, with page_size and page_token";

  private Listings() {}

  /// Refuses a list that was cut off.
  static <T> Page<T> complete(PageRequest asked, Page<T> page) {
    if (page.items().size() > asked.itemsMax()) {
      throw Refusal.of(
              RefusalKind.TOO_LARGE,
              "list not answered: it has more than " + asked.itemsMax() + " items" + REMEDY)
          .failure();
    }
    return page;
  }

  /// Refuses an answer that no client would read.
  static <A extends MessageLite> A fitting(A answer) {
    var bytes = answer.getSerializedSize();
    if (bytes > MESSAGE_MAX_BYTES) {
      throw Refusal.of(
              RefusalKind.TOO_LARGE,
              "list not answered: it has "
                  + bytes
                  + " bytes, a message takes "
                  + MESSAGE_MAX_BYTES
                  + REMEDY
                  + " of fewer")
          .failure();
    }
    return answer;
  }
}
