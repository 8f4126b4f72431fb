package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.SyncState;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeBundle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What [StoredSvids] knows of one entry's place in a store: what belongs there, where something
/// was put before, and whether a call is under way. Not safe for threads; [StoredSvids] owns it.
final class StoredPlace {
  /// What belongs there; empty: nothing any more.
  private Optional<AgentEntry> granted = Optional.empty();

  /// The entry as it was when something was put, or may have been, by its selectors, which are the
  /// place: all that was not removed from there.
  private final Map<Set<Selector>, AgentEntry> put = new HashMap<>();

  private List<SpiffeBundle> bundles = List.of();

  /// Grows with each change of what belongs there.
  private int wanted;

  /// The version that the store has.
  private int done;

  private boolean busy;

  Optional<AgentEntry> granted() {
    return granted;
  }

  /// Whether nothing belongs there, nothing is there, and nothing is on its way.
  boolean isDone() {
    return granted.isEmpty() && put.isEmpty() && !busy;
  }

  /// Lets an entry belong there; answers whether that is news.
  boolean grant(AgentEntry entry) {
    if (granted.filter(entry::equals).isPresent()) {
      return false;
    }
    granted = Optional.of(entry);
    wanted++;
    return true;
  }

  /// Lets nothing belong there any more.
  StoredPlace revoke() {
    if (granted.isPresent()) {
      granted = Optional.empty();
      bundles = List.of();
      wanted++;
    }
    return this;
  }

  /// Something besides the entry changed.
  StoredPlace writeAgain() {
    wanted++;
    return this;
  }

  /// Looks whether bundles that go with the entry changed.
  void noteBundles(SyncState state) {
    if (granted.isEmpty()) {
      return;
    }
    List<SpiffeBundle> now = new ArrayList<>();
    var all = TrustBundles.of(state, List.of(granted.get()));
    now.add(all.own());
    now.addAll(all.federated().values());
    if (!now.equals(bundles)) {
      bundles = List.copyOf(now);
      wanted++;
    }
  }

  /// What has to be removed: all of it, or what lies where the entry no longer points.
  List<AgentEntry> leftovers() {
    return put.values().stream()
        .filter(
            before -> granted.filter(now -> now.selectors().equals(before.selectors())).isEmpty())
        .toList();
  }

  /// The entry, if the store has not what belongs there now.
  Optional<AgentEntry> toPut() {
    return granted.filter(_ -> wanted != done);
  }

  boolean isIdleWithWork() {
    return !busy && (wanted != done || !leftovers().isEmpty());
  }

  /// A call begins; answers the version it is for.
  ///
  /// @param now the entry for which something is put by it
  int begin(Optional<AgentEntry> now) {
    now.ifPresent(entry -> put.put(entry.selectors(), entry));
    busy = true;
    return wanted;
  }

  /// Nothing of the entry is where it pointed then.
  void removed(AgentEntry then) {
    put.remove(then.selectors());
  }

  /// The call put what it was for, or can never do it.
  void done(int version) {
    done = version;
  }

  /// The next call may begin.
  void end() {
    busy = false;
  }
}
