package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.rpc.CallOptions;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryResponse;
import dev.entente.wire.envoy.secret.SecretDiscoveryServiceGrpcClient;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// An agent that serves SDS on a real socket, federated with `partner.example`. Whoever calls it
/// has the selector `unix:uid:1`, until a test says otherwise.
final class SecretDiscoveryFixture implements AutoCloseable {
  private final Path directory;
  private WorkloadApiFixture agent;
  private SpiffeBundle partner;

  private volatile WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));

  SecretDiscoveryFixture(Path directory) throws Exception {
    this.directory = directory;
    this.agent = agent(Optional.of(SdsSettings.DEFAULT), false, WorkloadApiLimits.DEFAULT);
    this.partner = federated();
  }

  /// Starts again, with other settings.
  void start(SdsSettings sds, boolean toVerifiers, WorkloadApiLimits limits) throws Exception {
    agent.close();
    agent = agent(Optional.of(sds), toVerifiers, limits);
    partner = federated();
  }

  void startWithoutSds() throws Exception {
    agent.close();
    agent = agent(Optional.empty(), false, WorkloadApiLimits.DEFAULT);
  }

  private WorkloadApiFixture agent(
      Optional<SdsSettings> sds, boolean toVerifiers, WorkloadApiLimits limits) throws Exception {
    return new WorkloadApiFixture(
        directory,
        Map.of("unix", workload -> attestor.attest(workload)),
        new WorkloadApiSettings(toVerifiers, Set.of(), sds, WorkloadProfile.STABLE, limits));
  }

  private SpiffeBundle federated() {
    var bundle = agent.source.foreignBundle(TrustDomain.parse("partner.example"));
    agent.source.setFederated(bundle);
    return bundle;
  }

  void attestBy(WorkloadAttestor other) {
    attestor = other;
  }

  FakeIdentitySource source() {
    return agent.source;
  }

  WorkloadApiEndpoint endpoint() {
    return agent.endpoint;
  }

  SpiffeBundle partner() {
    return partner;
  }

  SecretStream.State open() {
    return new SecretStream.State(agent.client);
  }

  DiscoveryResponse fetch(String... names) throws Exception {
    return WorkloadApiFixture.await(
        agent.client.unary(
            SecretDiscoveryServiceGrpcClient.FetchSecrets, request(names), CallOptions.UNLIMITED));
  }

  GrpcStatus fetchCode(String... names) {
    return agent.codeOf(
        SecretDiscoveryServiceGrpcClient.FetchSecrets, request(names), CallOptions.UNLIMITED);
  }

  private static DiscoveryRequest request(String... names) {
    return DiscoveryRequest.newBuilder()
        .setTypeUrl(SecretStream.TYPE)
        .addAllResourceNames(Arrays.asList(names))
        .build();
  }

  @Override
  public void close() {
    agent.close();
  }
}
