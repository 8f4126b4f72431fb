package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.read;

import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.attestation.RecentRefusals;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.NodeStore;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.AgentEvidence;
import dev.entente.wire.entente.broker.v1.GetAgentEvidenceRequest;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsRequest;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsResponse;
import dev.entente.wire.entente.broker.v1.RefusedAttestation;
import io.vertx.core.Future;

/// Tells an operator why a node was let in, or was not. A node learns no more than a code.
final class AttestationAnswers {
  private final TrustDomain trustDomain;
  private final NodeStore nodes;
  private final RecentRefusals refusals;

  AttestationAnswers(TrustDomain trustDomain, NodeStore nodes, RecentRefusals refusals) {
    this.trustDomain = trustDomain;
    this.nodes = nodes;
    this.refusals = refusals;
  }

  Future<ListRefusedAttestationsResponse> refused(ListRefusedAttestationsRequest request) {
    var recent = refusals.recent();
    var response = ListRefusedAttestationsResponse.newBuilder().setCountSinceStart(recent.count());
    recent.refusals().stream()
        .filter(it -> matches(request.getAttestor(), it.type()))
        .filter(it -> matches(request.getAddress(), it.address()))
        .map(AttestationAnswers::toWire)
        .forEach(response::addAttestations);
    return Future.succeededFuture(response.build());
  }

  private static boolean matches(String wanted, String is) {
    return wanted.isEmpty() || wanted.equals(is);
  }

  private static RefusedAttestation toWire(RecentRefusals.Refusal refusal) {
    return RefusedAttestation.newBuilder()
        .setAt(refusal.at().getEpochSecond())
        .setAttestor(refusal.type())
        .setAddress(refusal.address())
        .setCode(refusal.code())
        .setDetail(refusal.detail())
        .setEvidenceSha256(refusal.evidenceDigest())
        .setFault(refusal.fault())
        .build();
  }

  Future<AgentEvidence> evidence(GetAgentEvidenceRequest request) {
    var id = read(() -> IdMessages.readAgent(request.getId(), trustDomain));
    return nodes
        .find(id)
        .map(found ->
            toWire(found.orElseThrow(() -> Refusal.notFound("agent not found").failure())));
  }

  private static AgentEvidence toWire(NodeRecord node) {
    return AgentEvidence.newBuilder()
        .setAttestor(node.attestationType())
        .setAttestedAt(node.attestedAt().getEpochSecond())
        .putAllClaims(node.claims())
        .build();
  }
}
