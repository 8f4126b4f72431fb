package dev.entente.broker.api;

import dev.entente.broker.api.Refusal.AgentReason;
import dev.entente.broker.api.message.SvidMessages;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.broker.store.NodeStore;
import dev.entente.broker.store.NodeStore.Renewal;
import dev.entente.rpc.CallContext;
import dev.entente.runtime.CrashPoints;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Digests;
import dev.entente.wire.spire.server.agent.v1.RenewAgentRequest;
import dev.entente.wire.spire.server.agent.v1.RenewAgentResponse;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Gives an agent that cannot attest again its next agent SVID.
///
/// The new serial is written beside the one in use before anything is signed, and becomes the one
/// in use when it is first shown. So a crash on either side, at any moment, leaves the agent with
/// an SVID that counts.
final class AgentRenewal {
  private final NodeStore nodes;
  private final Registry registry;
  private final X509Issuer issuer;
  private final CryptoPool crypto;
  private final AuditTrail trail;
  private final RateLimits limits;
  private final Gate gate;

  AgentRenewal(
      NodeStore nodes,
      Registry registry,
      X509Issuer issuer,
      CryptoPool crypto,
      AuditTrail trail,
      RateLimits limits,
      Gate gate) {
    this.nodes = nodes;
    this.registry = registry;
    this.issuer = issuer;
    this.crypto = crypto;
    this.trail = trail;
    this.limits = limits;
    this.gate = gate;
  }

  Future<RenewAgentResponse> renew(CallContext call, RenewAgentRequest request) {
    var agent = gate.agent(call);
    Refusal.throwIfPresent(limits.csrs(agent.id(), 1));
    if (request.getParams().getCsr().isEmpty()) {
      throw Refusal.invalid("params.csr is missing").failure();
    }
    var csr =
        Failures.read(() -> CertificateRequest.parse(request.getParams().getCsr().toByteArray()));
    return registry
        .confirmNode(agent.id())
        .compose(node -> {
          requireRenewable(agent, node);
          return prepared(
              agent, csr, Digests.sha256Hex(request.getParams().getCsr().toByteArray()));
        });
  }

  private static void requireRenewable(Caller.Identified agent, Optional<NodeRecord> node) {
    if (node.filter(NodeRecord::canReattest).isPresent()) {
      throw denied(agent, AgentReason.MUST_REATTEST, "agent must attest again instead");
    }
  }

  private Future<RenewAgentResponse> prepared(
      Caller.Identified agent, CertificateRequest csr, String csrDigest) {
    var decision =
        issuer.prepare(
            new X509SvidRequest.Agent(
                agent.id(), csr.publicKey(), Duration.ZERO, issuer.newSerial()));
    return switch (decision) {
      case X509Decision.Refused refused ->
          Future.failedFuture(IssuanceRefusals.of(refused).failure());
      case PreparedX509Svid prepared ->
          renew(agent, prepared, new X509Order(prepared, "", "", csrDigest));
    };
  }

  private Future<RenewAgentResponse> renew(
      Caller.Identified agent, PreparedX509Svid prepared, X509Order order) {
    var event =
        new AuditEvent.X509Issuance(
            Audit.origin(agent), Purpose.AGENT_RENEWED, List.of(order.auditItem()));
    return trail
        .intent(event)
        .compose(_ -> {
          CrashPoints.at("renewal/before-record");
          return nodes.renew(
              agent.id(), agent.serial(), new AgentSerial(prepared.serial(), prepared.notAfter()));
        })
        .compose(written -> {
          CrashPoints.at("renewal/after-record");
          return sign(agent, prepared, written.outcome());
        })
        .onComplete(outcome -> trail.result(completion(event, outcome.failed())));
  }

  private static AuditEvent completion(AuditEvent event, boolean failed) {
    return failed
        ? AuditEvent.Completion.failed(event, "renewal")
        : AuditEvent.Completion.success(event, "");
  }

  private Future<RenewAgentResponse> sign(
      Caller.Identified agent, PreparedX509Svid prepared, Renewal outcome) {
    return switch (outcome) {
      case Renewal.Renewed _ ->
          crypto
              .submit(() -> issuer.issue(prepared))
              .map(svid -> {
                CrashPoints.at("renewal/after-sign");
                return RenewAgentResponse.newBuilder()
                    .setSvid(SvidMessages.toWire(svid, ""))
                    .build();
              });
      case Renewal.NotActive _ ->
          Future.failedFuture(denied(agent, AgentReason.NOT_ACTIVE, "agent SVID is not active"));
      case Renewal.Banned() ->
          Future.failedFuture(denied(agent, AgentReason.BANNED, "agent is banned"));
      case Renewal.NotFound() ->
          Future.failedFuture(denied(agent, AgentReason.NOT_ATTESTED, "agent is not attested"));
    };
  }

  private static RefusedException denied(Caller.Identified agent, AgentReason reason, String why) {
    return new Refusal(
            RefusalKind.DENIED,
            "renewal denied for \"" + agent.id() + "\": " + why,
            Optional.of(reason))
        .failure();
  }
}
