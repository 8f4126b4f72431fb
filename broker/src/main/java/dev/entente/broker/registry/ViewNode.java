package dev.entente.broker.registry;

import dev.entente.broker.store.NodeRecord;
import dev.entente.spiffe.SpiffeId;
import java.util.Set;

/// A node with the aliases it matches, which are found when first asked for.
final class ViewNode {
  private final NodeRecord node;

  /// A race finds the same aliases twice.
  private volatile Aliases aliases = new Aliases(-1, Set.of());

  private record Aliases(long generation, Set<SpiffeId> ids) {}

  ViewNode(NodeRecord node) {
    this.node = node;
  }

  NodeRecord node() {
    return node;
  }

  Set<SpiffeId> aliases(AliasIndex index) {
    var known = aliases;
    if (known.generation() != index.generation()) {
      known = new Aliases(index.generation(), index.match(node.selectors()));
      aliases = known;
    }
    return known.ids();
  }
}
