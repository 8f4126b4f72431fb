package dev.entente.agent.node;

import dev.entente.spiffe.BundleSource;

/// Makes clients of brokers.
interface BrokerConnector {
  /// A client of `endpoint`; nothing is dialled yet.
  BrokerClient connect(BrokerEndpoint endpoint, Credentials credentials);

  /// What we show to a broker, and by what we know it.
  ///
  /// In every case its certificate must carry the ID `spiffe://<trust domain>/spire/server`.
  sealed interface Credentials {
    /// No certificate of ours; the broker's must chain to one of `trust`.
    record Anonymous(BundleSource trust) implements Credentials {}

    /// No certificate of ours, and the broker's chain is not checked at all: whoever answers is
    /// believed. Only for a first attestation with `insecure-bootstrap`.
    record AnonymousUnverified() implements Credentials {}

    /// Our own SVID; the broker's must chain to one of `trust`, looked up at each handshake.
    record Agent(AgentIdentity identity, BundleSource trust) implements Credentials {}
  }
}
