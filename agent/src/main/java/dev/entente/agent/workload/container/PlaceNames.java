package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import java.util.Optional;

/// Brings together what several paths of one process say. One thread.
///
/// Hierarchies that disagree are refused: one of them lies, and nothing tells which. The exception
/// is a path that names a pod beside one that names none: where a node is itself a container
/// (kind), some hierarchies name only the node's container.
final class PlaceNames {
  private Optional<PlaceName> agreed = Optional.empty();

  /// Adds what the next path says, which may be nothing.
  void add(Optional<PlaceName> next) throws AttestationFault {
    var podBefore = agreed.flatMap(PlaceName::podUid);
    var podNow = next.flatMap(PlaceName::podUid);
    if (podBefore.isPresent() && podNow.isEmpty()) {
      return;
    }
    if (podBefore.isEmpty() && podNow.isPresent()) {
      agreed = next;
      return;
    }
    if (!podBefore.equals(podNow)) {
      throw conflict("pods", podBefore, podNow);
    }
    var idBefore = agreed.map(PlaceName::containerId);
    var idNow = next.map(PlaceName::containerId);
    if (idBefore.isPresent() && !idBefore.equals(idNow)) {
      throw conflict("containers", idBefore, idNow);
    }
    if (agreed.isEmpty()) {
      agreed = next;
    }
  }

  Optional<PlaceName> agreed() {
    return agreed;
  }

  private static AttestationFault conflict(
      String what, Optional<String> one, Optional<String> other) {
    return new AttestationFault(
        "cgroups of the process name different %s: \"%s\" and \"%s\""
            .formatted(what, one.orElse(""), other.orElse("")));
  }
}
