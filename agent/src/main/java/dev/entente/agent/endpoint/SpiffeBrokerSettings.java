package dev.entente.agent.endpoint;

import dev.entente.spiffe.SpiffeId;
import java.nio.file.Path;
import java.util.Set;

/// How the SPIFFE Broker API is served.
///
/// @param socket where SPIFFE brokers connect
/// @param authorizedBrokers who may ask; nobody if empty
public record SpiffeBrokerSettings(Path socket, Set<SpiffeId> authorizedBrokers) {
  public SpiffeBrokerSettings {
    authorizedBrokers = Set.copyOf(authorizedBrokers);
  }
}
