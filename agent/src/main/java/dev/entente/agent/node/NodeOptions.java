package dev.entente.agent.node;

import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// What a node is told about itself and its brokers.
///
/// @param trustDomain the node's own
/// @param brokers in no particular order; at least one
/// @param dataDir the directory of the state file, private to the agent
/// @param bootstrap by what a broker is recognised for the first time
/// @param rebootstrap what to do when no broker is recognised any more
/// @param syncInterval how often a broker that does not push is polled
/// @param agentVersion what brokers are told
public record NodeOptions(
    TrustDomain trustDomain,
    List<BrokerAddress> brokers,
    Path dataDir,
    Bootstrap bootstrap,
    RebootstrapPolicy rebootstrap,
    Duration syncInterval,
    String agentVersion) {
  public NodeOptions {
    brokers = List.copyOf(brokers);
    if (brokers.isEmpty()) {
      throw new IllegalArgumentException("no broker to ask");
    }
  }
}
