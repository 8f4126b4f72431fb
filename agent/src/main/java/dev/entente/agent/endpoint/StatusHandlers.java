package dev.entente.agent.endpoint;

import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.rpc.RpcService;
import dev.entente.runtime.Health;
import dev.entente.runtime.Version;
import dev.entente.wire.entente.agent.v1.OperationsGrpcService;
import dev.entente.wire.entente.agent.v1.StatusResponse;
import java.time.Instant;
import java.util.function.Supplier;

/// Our own Operations API: whether this agent can serve, and if not, why.
final class StatusHandlers {
  private final IdentitySource source;
  private final SvidCache cache;
  private final Supplier<Health> health;
  private final Version version;

  StatusHandlers(IdentitySource source, SvidCache cache, Supplier<Health> health, Version version) {
    this.source = source;
    this.cache = cache;
    this.health = health;
    this.version = version;
  }

  RpcService service() {
    return RpcService.builder(OperationsGrpcService.SERVICE_DESCRIPTOR)
        .unary(OperationsGrpcService.GetStatus, (_, _) -> cache.counts().map(this::status))
        .build();
  }

  private StatusResponse status(SvidCache.Counts counts) {
    var state = source.current();
    var node = source.status();
    var status =
        StatusResponse.newBuilder()
            .setTrustDomain(state.ownBundle().trustDomain().name())
            .setVersion(version.version())
            .setBrokerAddress(node.broker().orElse(""))
            .setLastSyncSuccess(node.lastSync().map(Instant::getEpochSecond).orElse(0L))
            .setEntries(state.entries().size())
            .setX509SvidsCached(counts.x509Svids())
            .setJwtSvidsCached(counts.jwtSvids())
            .setBundleSequence(state.ownBundle().sequence().orElse(0));
    switch (health.get()) {
      case Health.Ready() -> status.setReady(true);
      case Health.NotReady(var reason) -> status.setReason(reason);
    }
    node.svid()
        .ifPresent(svid ->
            status
                .setSpiffeId(svid.id().toString())
                .setSvidExpiresAt(svid.notAfter().getEpochSecond()));
    return status.build();
  }
}
