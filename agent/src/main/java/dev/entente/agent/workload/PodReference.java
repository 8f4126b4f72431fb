package dev.entente.agent.workload;

import java.util.Optional;

/// Names a pod of the node's cluster by its name, its uid or both.
///
/// @param name empty to go by the uid alone
/// @param uid in lower case; empty to take whichever pod bears the name
public record PodReference(Optional<Name> name, Optional<String> uid) {
  /// What a pod is called; a later pod may be called the same.
  public record Name(String namespace, String pod) {}

  public PodReference {
    if (name.isEmpty() && uid.isEmpty()) {
      throw new IllegalArgumentException("a pod is named by neither name nor uid");
    }
  }

  /// The same pod, and no later one of the same name.
  public PodReference pinnedTo(String thatUid) {
    return new PodReference(name, Optional.of(thatUid));
  }
}
