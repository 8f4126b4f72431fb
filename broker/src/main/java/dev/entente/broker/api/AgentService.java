package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import com.google.protobuf.Empty;
import dev.entente.broker.api.message.AgentMessages;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.audit.AuditEvent.NodeAction;
import dev.entente.broker.store.NodeStore;
import dev.entente.broker.store.NodeStore.Standing;
import dev.entente.broker.store.PageRequest;
import dev.entente.broker.store.Written;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcService;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.CountAgentsResponse;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsResponse;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.server.agent.v1.PostStatusResponse;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.AgentMask;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;

/// SPIRE's Agent service: nodes join, renew, and are looked after.
final class AgentService {
  /// SPIRE's limit.
  private static final int AGENT_VERSION_MAX_BYTES = 255;

  /// Evidence of every known platform fits; nobody has proved anything yet.
  private static final CallLimits ATTEST_LIMITS =
      CallLimits.STREAM.withRequestBytesMax(64 << 10).withTimeLimit(Duration.ofMinutes(2));

  private final TrustDomain trustDomain;
  private final NodeStore nodes;
  private final Views views;
  private final Gate gate;
  private final InstantSource clock;
  private final RateLimits limits;
  private final JoinTokens joinTokens;
  private final AgentRenewal renewal;
  private final AttestStream attestation;
  private final Audit audit;
  private final StandingListener onStanding;

  AgentService(
      TrustDomain trustDomain,
      NodeStore nodes,
      Views views,
      Gate gate,
      InstantSource clock,
      RateLimits limits,
      JoinTokens joinTokens,
      AgentRenewal renewal,
      AttestStream attestation,
      Audit audit,
      StandingListener onStanding) {
    this.trustDomain = trustDomain;
    this.nodes = nodes;
    this.views = views;
    this.gate = gate;
    this.clock = clock;
    this.limits = limits;
    this.joinTokens = joinTokens;
    this.renewal = renewal;
    this.attestation = attestation;
    this.audit = audit;
    this.onStanding = onStanding;
  }

  /// Learns that an agent lost its standing, to end what it has open.
  @FunctionalInterface
  interface StandingListener {
    void lost(SpiffeId agentId);
  }

  RpcService bind() {
    return RpcService.builder(AgentGrpcService.SERVICE_DESCRIPTOR)
        .unary(AgentGrpcService.CountAgents, answering((_, request) -> count(request)))
        .unary(AgentGrpcService.ListAgents, answering((_, request) -> list(request)))
        .unary(AgentGrpcService.GetAgent, answering((_, request) -> get(request)))
        .unary(AgentGrpcService.DeleteAgent, answering(this::delete))
        .unary(AgentGrpcService.BanAgent, answering(this::ban))
        .bidi(AgentGrpcService.AttestAgent, ATTEST_LIMITS, attestation::handle)
        .unary(AgentGrpcService.RenewAgent, answering(renewal::renew))
        .unary(
            AgentGrpcService.CreateJoinToken,
            answering((call, r) -> joinTokens.create(gate.caller(call), r)))
        .unary(AgentGrpcService.PostStatus, answering(this::postStatus))
        .build();
  }

  private Future<CountAgentsResponse> count(CountAgentsRequest request) {
    return nodes
        .count(read(() -> AgentMessages.read(request.getFilter())))
        .map(count -> CountAgentsResponse.newBuilder().setCount(Math.toIntExact(count)).build());
  }

  private Future<ListAgentsResponse> list(ListAgentsRequest request) {
    var filter = read(() -> AgentMessages.read(request.getFilter()));
    var page = read(() -> PageRequest.of(request.getPageSize(), request.getPageToken()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return nodes
        .list(filter, page)
        .map(found -> Listings.complete(page, found))
        .map(found -> {
          var response = ListAgentsResponse.newBuilder().setNextPageToken(found.nextToken());
          found.items().forEach(node -> response.addAgents(AgentMessages.toWire(node, mask)));
          return Listings.fitting(response.build());
        });
  }

  private Future<Agent> get(GetAgentRequest request) {
    var id = read(() -> IdMessages.readAgent(request.getId(), trustDomain));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return nodes
        .find(id)
        .map(found ->
            AgentMessages.toWire(
                found.orElseThrow(() -> Refusal.notFound("agent not found").failure()), mask));
  }

  private static AgentMask mask(boolean present, AgentMask mask) {
    return present ? mask : AgentMessages.ALL;
  }

  private Future<Empty> delete(CallContext call, DeleteAgentRequest request) {
    var id = read(() -> IdMessages.readAgent(request.getId(), trustDomain));
    return audit.node(
        gate.caller(call),
        NodeAction.EVICT,
        id,
        () -> nodes.delete(id).compose(this::lostStanding));
  }

  private Future<Empty> ban(CallContext call, BanAgentRequest request) {
    var id = read(() -> IdMessages.readAgent(request.getId(), trustDomain));
    return audit.node(
        gate.caller(call), NodeAction.BAN, id, () -> nodes.ban(id).compose(this::lostStanding));
  }

  /// Whoever bans an agent expects that it is out when the call returns: the answer waits for the
  /// view, and open connections are ended.
  private Future<Empty> lostStanding(Written<Standing> written) {
    return views
        .settled(written)
        .map(standing ->
            switch (standing) {
              case Standing.Done(var node) -> {
                onStanding.lost(node.agentId());
                yield Empty.getDefaultInstance();
              }
              case Standing.NotFound() -> throw Refusal.notFound("agent not found").failure();
            });
  }

  private Future<PostStatusResponse> postStatus(CallContext call, PostStatusRequest request) {
    var agentId = gate.agentId(call);
    Refusal.throwIfPresent(limits.statuses(agentId));
    int bytes = request.getAgentVersion().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > AGENT_VERSION_MAX_BYTES) {
      throw Refusal.invalid(
              "agent_version has " + bytes + " bytes, the limit is " + AGENT_VERSION_MAX_BYTES)
          .failure();
    }
    return nodes
        .noteStatus(agentId, request.getAgentVersion(), clock.instant())
        .map(_ -> PostStatusResponse.getDefaultInstance());
  }
}
