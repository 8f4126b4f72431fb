package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.TrustDomain;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// The open streams that are told the same, and what they were told last.
///
/// Not safe for threads; [SvidCache] owns it.
final class SubscriberGroup {
  private final Recipient recipient;
  private final TrustDomain own;
  private final Set<Consumer<WorkloadUpdate>> subscribers = new LinkedHashSet<>();

  private List<AgentEntry> entries = List.of();
  private Optional<WorkloadUpdate> last = Optional.empty();

  /// @param own the agent's trust domain
  SubscriberGroup(Recipient recipient, TrustDomain own) {
    this.recipient = recipient;
    this.own = own;
  }

  Recipient recipient() {
    return recipient;
  }

  Set<Selector> selectors() {
    return recipient.selectors();
  }

  /// Whether `entry` is among what the group is told of.
  boolean isGranted(AgentEntry entry) {
    return recipient.isGranted(entry, own);
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
