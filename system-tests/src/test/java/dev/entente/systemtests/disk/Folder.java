package dev.entente.systemtests.disk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The names in a directory.
final class Folder implements Node {
  private final Map<String, Node> certain = new HashMap<>();

  /// As the program sees it.
  private final Map<String, Node> seen = new HashMap<>();

  /// Changes that no flush covered, oldest first.
  private final List<Change> pending = new ArrayList<>();

  /// What a crash left of it.
  record Left(Map<String, Node> names, long dropped) {}

  /// Names that go and come with one call.
  private record Change(long call, Set<String> gone, Map<String, Node> come) {
    void applyTo(Map<String, Node> names) {
      gone.forEach(names::remove);
      names.putAll(come);
    }
  }

  /// Adds a name that is on the disk already.
  void holds(String name, Node node) {
    certain.put(name, node);
    seen.put(name, node);
  }

  void name(long call, String name, Node node) {
    change(new Change(call, Set.of(), Map.of(name, node)));
  }

  void forget(long call, String name) {
    change(new Change(call, Set.of(name), Map.of()));
  }

  void rename(long call, String from, String to, Node node) {
    change(new Change(call, Set.of(from), Map.of(to, node)));
  }

  private void change(Change change) {
    pending.add(change);
    change.applyTo(seen);
  }

  Optional<Node> find(String name) {
    return Optional.ofNullable(seen.get(name));
  }

  Set<String> names() {
    return seen.keySet();
  }

  @Override
  public void flush(long asked) {
    var covered = pending.stream().filter(change -> change.call() <= asked).toList();
    covered.forEach(change -> change.applyTo(certain));
    pending.removeAll(covered);
  }

  Left afterCrash(Survival survival) {
    var names = new TreeMap<>(certain);
    var dropped = 0L;
    for (var change : pending) {
      if (survival.survives()) {
        change.applyTo(names);
      } else {
        dropped++;
      }
    }
    return new Left(names, dropped);
  }
}
