package dev.entente.broker.api;

import dev.entente.broker.api.AgentService.StandingListener;
import dev.entente.broker.api.OperationsService.AuthorityActivation;
import dev.entente.broker.api.message.BundleMessages;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.attestation.AttestationFlow;
import dev.entente.broker.attestation.RecentRefusals;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.Authorities;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.JwtIssuer;
import dev.entente.broker.authority.WitIssuer;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.bundle.PublishedKeys;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.store.Store;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.Peer;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.Health;
import dev.entente.runtime.LogLevel;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// All services of a broker, bound for its two listeners.
///
/// What agents and remote administrators need is on both; what only somebody on the machine may do
/// is bound on the private socket alone, and behind the [AuthorizationTable] all the same.
public final class BrokerApi {
  private final List<RpcService> everywhere;
  private final List<RpcService> local;
  private final CallInterceptor interceptor;
  private final Supplier<Health> health;
  private final AgentCheck agentCheck;

  /// What the streams of a caller end with that has lost its standing, or may have: whoever calls
  /// again learns why.
  public static final RpcStatus STANDING =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "standing has changed, connect again");

  /// What the services work with.
  ///
  /// @param strictFederation whether an entry may only federate with a domain whose bundle is known
  /// @param wit issues WIT-SVIDs; empty while they are switched off
  /// @param publishAbove publishes the JWT key of a broker below in the bundle of the server above,
  ///   if there is one
  /// @param onStanding learns which agent lost its standing
  /// @param denials takes denied calls for the audit log
  public record Parts(
      TrustDomain trustDomain,
      Set<SpiffeId> adminIds,
      boolean strictFederation,
      LogLevel launchLevel,
      Store store,
      Registry registry,
      OwnBundle ownBundle,
      Authorities authorities,
      X509Issuer x509,
      JwtIssuer jwt,
      Optional<WitIssuer> wit,
      Function<JwtAuthority, Future<Void>> publishAbove,
      CryptoPool crypto,
      AttestationFlow attestation,
      RecentRefusals refusals,
      RateLimits limits,
      AuditTrail trail,
      Consumer<AuditEvent.DeniedCall> denials,
      Supplier<Optional<TlsIdentity>> identity,
      BundleRefresher refresher,
      Consumer<SpiffeId> onStanding,
      Supplier<Health> health,
      MeterRegistry meters,
      InstantSource clock) {}

  public BrokerApi(Parts parts) {
    var views = new Views(parts.registry(), parts.clock());
    var check = new AgentCheck(parts.registry(), parts.store().nodes(), parts.clock());
    var gate = new Gate(parts.adminIds(), views, check, parts.clock());
    var audit = new Audit(parts.trail());
    var authority =
        new LocalAuthorityService(
            parts.authorities(), parts.ownBundle(), parts.wit().isPresent(), views, gate);
    this.everywhere =
        List.of(
            agents(parts, views, gate, audit),
            entries(parts, views, gate, audit),
            svids(parts, views, gate),
            bundles(parts, views, gate, audit),
            trustDomains(parts, views, gate, audit),
            authority.bind(),
            new PushService(parts.registry(), views, gate).bind());
    this.local =
        List.of(
            new DebugService(parts.trustDomain(), parts.identity(), views, parts.clock()).bind(),
            new LoggerService(parts.launchLevel()).bind(),
            operations(parts, authority::activate, views, gate, audit));
    this.interceptor = new GatedCalls(gate, parts.denials(), parts.meters());
    this.health = parts.health();
    this.agentCheck = check;
  }

  /// Whether a peer's SVID has expired, or is an agent's and not the one in use as far as the view
  /// knows.
  public boolean isDoubtful(Peer peer) {
    return Callers.read(peer) instanceof Caller.Identified caller
        && (agentCheck.isExpired(caller)
            || (IdMessages.isAgent(caller.id()) && agentCheck.isDoubtful(caller)));
  }

  /// Whether a peer is this agent.
  public static Predicate<Peer> isAgent(SpiffeId agentId) {
    return peer ->
        Callers.read(peer) instanceof Caller.Identified caller && caller.id().equals(agentId);
  }

  /// The services of the TCP listener.
  public RpcRouter forTcp() {
    var router = RpcRouter.builder(interceptor);
    everywhere.forEach(router::service);
    return router.build();
  }

  /// The services of the private socket.
  public RpcRouter forSocket(Vertx vertx) {
    var router = RpcRouter.builder(interceptor);
    everywhere.forEach(router::service);
    local.forEach(router::service);
    return router.health(vertx, () -> health.get() instanceof Health.Ready).reflection().build();
  }

  private static RpcService agents(Parts parts, Views views, Gate gate, Audit audit) {
    var nodes = parts.store().nodes();
    StandingListener onStanding = parts.onStanding()::accept;
    return new AgentService(
            parts.trustDomain(),
            nodes,
            views,
            gate,
            parts.clock(),
            parts.limits(),
            new JoinTokens(
                parts.trustDomain(), parts.store().joinTokens(), views, audit, parts.clock()),
            new AgentRenewal(
                nodes,
                parts.registry(),
                parts.x509(),
                parts.crypto(),
                parts.trail(),
                parts.limits(),
                gate),
            new AttestStream(parts.attestation(), parts.limits(), views, gate),
            audit,
            onStanding)
        .bind();
  }

  private static RpcService entries(Parts parts, Views views, Gate gate, Audit audit) {
    var batches =
        new EntryBatches(
            parts.trustDomain(),
            parts.store().entries(),
            views,
            domains(parts, views),
            audit,
            parts.clock());
    return new EntryService(parts.trustDomain(), parts.store().entries(), batches, views, gate)
        .bind();
  }

  private static RpcService svids(Parts parts, Views views, Gate gate) {
    var issuance =
        new Issuance(parts.x509(), parts.jwt(), parts.crypto(), parts.trail(), parts.meters());
    return new SvidService(parts.trustDomain(), issuance, parts.wit(), parts.limits(), views, gate)
        .bind();
  }

  private static RpcService bundles(Parts parts, Views views, Gate gate, Audit audit) {
    return new BundleService(
            parts.trustDomain(),
            parts.store().bundles(),
            parts.ownBundle(),
            new JwtPublishing(
                parts.ownBundle(),
                new PublishedKeys(parts.store().settings()),
                parts.authorities()::bundleIds,
                parts.publishAbove()),
            parts.authorities()::bundleIds,
            parts.wit().isPresent(),
            parts.limits(),
            views,
            gate,
            audit)
        .bind();
  }

  private static RpcService trustDomains(Parts parts, Views views, Gate gate, Audit audit) {
    var relationships = parts.store().relationships();
    var bundles = parts.store().bundles();
    var shown = BundleMessages.shown(BundleMessages.ALL, parts.wit().isPresent());
    return new TrustDomainService(
            relationships,
            bundles,
            new RelationshipBatches(
                parts.trustDomain(), relationships, bundles, shown, views, audit),
            parts.refresher(),
            shown,
            gate)
        .bind();
  }

  private static RpcService operations(
      Parts parts, AuthorityActivation activation, Views views, Gate gate, Audit audit) {
    return new OperationsService(
            parts.trustDomain(),
            parts.store(),
            parts.registry(),
            activation,
            parts.health(),
            new EntryAdoption(
                parts.trustDomain(),
                parts.store().entries(),
                views,
                domains(parts, views),
                audit,
                parts.clock()),
            new AttestationAnswers(parts.trustDomain(), parts.store().nodes(), parts.refusals()),
            gate,
            audit,
            parts.clock())
        .bind();
  }

  private static KnownDomains domains(Parts parts, Views views) {
    return new KnownDomains(parts.store().bundles(), views, parts.strictFederation());
  }
}
