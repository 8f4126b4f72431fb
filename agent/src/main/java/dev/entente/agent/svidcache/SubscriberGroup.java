package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// The open streams of workloads with the same selectors, and what they were told last.
///
/// Not safe for threads; [SvidCache] owns it.
final class SubscriberGroup {
  private final Set<Selector> selectors;
  private final Set<Consumer<WorkloadUpdate>> subscribers = new LinkedHashSet<>();

  private List<AgentEntry> entries = List.of();
  private Optional<WorkloadUpdate> last = Optional.empty();

  SubscriberGroup(Set<Selector> selectors) {
    this.selectors = selectors;
  }

  Set<Selector> selectors() {
    return selectors;
  }

  /// The entries that match, by ascending id.
  List<AgentEntry> entries() {
    return entries;
  }

  void setEntries(List<AgentEntry> matching) {
    entries = matching;
  }

  void add(Consumer<WorkloadUpdate> subscriber) {
    subscribers.add(subscriber);
  }

  /// Whether any subscriber is left.
  boolean remove(Consumer<WorkloadUpdate> subscriber) {
    subscribers.remove(subscriber);
    return !subscribers.isEmpty();
  }

  /// Whether `update` is what the group was told last.
  boolean wasTold(WorkloadUpdate update) {
    return last.filter(update::equals).isPresent();
  }

  /// Tells everyone, unless it is what they were told last.
  void tell(WorkloadUpdate update) {
    if (!wasTold(update)) {
      last = Optional.of(update);
      List.copyOf(subscribers).forEach(subscriber -> subscriber.accept(update));
    }
  }
}
