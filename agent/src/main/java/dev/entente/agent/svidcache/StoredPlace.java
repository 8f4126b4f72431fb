package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.SyncState;
import dev.entente.spiffe.SpiffeBundle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What [StoredSvids] knows of one entry's place in a store: what belongs there, what was put
/// there, and whether a call is under way. Not safe for threads; [StoredSvids] owns it.
final class StoredPlace {
  /// What belongs there; empty: nothing any more.
  private Optional<AgentEntry> granted = Optional.empty();

  /// The entry for which something was put, if that is still there.
  private Optional<AgentEntry> put = Optional.empty();

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
  Optional<AgentEntry> leftover() {
    return put.filter(
        before -> granted.filter(now -> now.selectors().equals(before.selectors())).isEmpty());
  }

  boolean isIdleWithWork() {
    return !busy && wanted != done;
  }

  /// A call begins; answers the version it is for.
  int begin() {
    busy = true;
    return wanted;
  }

  /// The call did what it was for, or can never do it.
  ///
  /// @param now the entry for which something is there now
  void done(Optional<AgentEntry> now, int version) {
    put = now;
    done = version;
  }

  /// The next call may begin.
  void end() {
    busy = false;
  }
}
