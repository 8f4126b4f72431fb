package dev.entente.agent.node;

import dev.entente.rpc.RpcClient;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTarget;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.Optional;

/// Makes clients that speak gRPC over mutual TLS.
final class GrpcBrokerConnector implements BrokerConnector {
  private final Vertx vertx;
  private final InstantSource clock;
  private final TrustDomain trustDomain;

  GrpcBrokerConnector(Vertx vertx, InstantSource clock, TrustDomain trustDomain) {
    this.vertx = vertx;
    this.clock = clock;
    this.trustDomain = trustDomain;
  }

  @Override
  public BrokerClient connect(BrokerEndpoint endpoint, Credentials credentials) {
    var trust = trust(credentials);
    var identity = identity(credentials);
    var address = endpoint.address();
    var target =
        new TlsTarget(
            address.host(), address.port(), Optional.of(endpoint.ip()), trust, () -> identity);
    return new GrpcBrokerClient(RpcClient.overTls(vertx, target), trust);
  }

  private ServerTrust trust(Credentials credentials) {
    return switch (credentials) {
      case Credentials.Anonymous(var bundles) -> ServerTrust.verified(trustDomain, bundles, clock);
      case Credentials.AnonymousUnverified() -> ServerTrust.textual(trustDomain);
      case Credentials.Agent(_, var bundles) -> ServerTrust.verified(trustDomain, bundles, clock);
    };
  }

  private static Optional<TlsIdentity> identity(Credentials credentials) {
    return switch (credentials) {
      case Credentials.Anonymous _, Credentials.AnonymousUnverified _ -> Optional.empty();
      case Credentials.Agent(var agent, _) ->
          Optional.of(new TlsIdentity(agent.key(), agent.svid().chain()));
    };
  }
}
