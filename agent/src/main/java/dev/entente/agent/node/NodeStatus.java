package dev.entente.agent.node;

import dev.entente.spiffe.X509Svid;
import java.time.Instant;
import java.util.Optional;

/// How this node's standing with its brokers is, at one moment.
///
/// @param svid the agent's own X509-SVID; empty until the node is attested
/// @param broker the broker spoken to now or last, as `host:port`; empty until one answered
/// @param lastSync when the last successful sync ended; empty if none did
/// @param pushed whether changes arrive by push at the moment
/// @param trouble why the last sync or renewal failed; empty if both went well
public record NodeStatus(
    Optional<X509Svid> svid,
    Optional<String> broker,
    Optional<Instant> lastSync,
    boolean pushed,
    Optional<String> trouble) {
  /// Whether a sync ever succeeded, so that a workload can be told what it is or is not.
  public boolean synced() {
    return lastSync.isPresent();
  }
}
