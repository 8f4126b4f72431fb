package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.BrokerFault;
import io.vertx.core.Future;
import java.util.List;

/// Has SVIDs of one kind signed, each for a fresh key.
///
/// @param <S> the kind
@FunctionalInterface
interface Signing<S extends Held> {
  /// One answer for each entry, in their order; fails only if none was answered. Called on the
  /// owner's event loop, may complete on any thread.
  Future<List<Answer<S>>> sign(List<AgentEntry> entries);

  /// Whether a broker may go without SVIDs of this kind. One that has to offer them did not say
  /// Unimplemented itself: something before it did while it was away.
  default boolean isOptional() {
    return false;
  }

  /// What became of one entry's order.
  sealed interface Answer<S extends Held> {}

  /// It was signed.
  record Issued<S extends Held>(S svid) implements Answer<S> {}

  /// It was not; the others of the batch may have been.
  record Refused<S extends Held>(BrokerFault.Kind kind, String reason) implements Answer<S> {
    /// The broker answered something else than was asked.
    static <S extends Held> Refused<S> mistaken() {
      return new Refused<>(BrokerFault.Kind.INTERNAL, "the answer is for another entry or key");
    }
  }

  /// Refuses a list of answers that is not as long as that of the orders.
  static void requireOneEach(int orders, int answers) {
    if (answers != orders) {
      throw new IllegalStateException("%d answers to %d orders".formatted(answers, orders));
    }
  }
}
