package dev.entente.agent.workload;

import dev.entente.attestor.spi.Selector;
import java.util.Set;

/// A pod that was found on this node.
///
/// @param uid tells it from any other, of the same name too
/// @param selectors what holds for every process in it
public record AttestedPod(String uid, Set<Selector> selectors) {
  public AttestedPod {
    selectors = Set.copyOf(selectors);
  }
}
