package dev.entente.broker.attestation;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.broker.attestation.AttestationOutcome.Attested;
import dev.entente.broker.attestation.AttestationOutcome.Reason;
import dev.entente.broker.attestation.AttestationOutcome.Refused;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.audit.AuditEvent.TokenAction;
import dev.entente.broker.audit.AuditEvent.X509Item;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.store.NodeAttestation;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.broker.store.NodeStore;
import dev.entente.broker.store.NodeStore.Attestation;
import dev.entente.broker.store.Written;
import dev.entente.runtime.CrashPoints;
import dev.entente.runtime.Fields;
import dev.entente.runtime.Precedence;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes an agent of a node that can prove what it is.
///
/// 1. Find the attestor of the evidence's type.
/// 2. Take a place among the attestations in hand, then read the certificate request and verify
///    that its sender holds the key.
/// 3. Let the attestor judge the evidence, on the same thread and within a time limit.
/// 4. Refuse an id that is not under the attestor's own prefix.
/// 5. Choose the serial and prepare the agent SVID.
/// 6. Turn away what the store would refuse, so that a guessed token leaves no line in the audit
///    log, which anybody could fill.
/// 7. Record the intent, durably.
/// 8. Record the node and consume its one-time evidence, in one transaction; banned nodes, used
///    evidence and second attestations of what counts once are refused here.
/// 9. Sign.
/// 10. Record the result.
///
/// A crash before 8 leaves the evidence good. A crash after it leaves a row whose SVID nobody has:
/// the same evidence with the same key is served again for five minutes, with another serial.
public final class AttestationFlow {
  private static final Logger LOG = LoggerFactory.getLogger(AttestationFlow.class);

  private final TrustDomain trustDomain;
  private final Map<String, NodeAttestor> attestors;
  private final NodeStore nodes;
  private final X509Issuer issuer;
  private final CryptoPool crypto;
  private final AuditTrail trail;
  private final BundleSource ownBundle;
  private final AttestationFigures figures;
  private final RecentRefusals refusals;
  private final EvidenceJudge judge;

  /// @param ownBundle finds our own bundle as it is at that moment
  public AttestationFlow(
      TrustDomain trustDomain,
      Map<String, NodeAttestor> attestors,
      BundleSource ownBundle,
      NodeStore nodes,
      X509Issuer issuer,
      CryptoPool crypto,
      AuditTrail trail,
      RecentRefusals refusals,
      Precedence precedence,
      MeterRegistry meters) {
    this.trustDomain = trustDomain;
    this.attestors = Map.copyOf(attestors);
    this.ownBundle = ownBundle;
    this.nodes = nodes;
    this.issuer = issuer;
    this.crypto = crypto;
    this.trail = trail;
    this.refusals = refusals;
    this.judge = new EvidenceJudge(precedence);
    this.figures = new AttestationFigures(attestors.keySet(), meters);
  }

  /// Attests a node. A rule that says no is a value; a failed future is a fault of ours.
  ///
  /// @param settle waits until the view shows the node's row
  public Future<AttestationOutcome> attest(
      AttestationRequest request, Function<Written<Attestation>, Future<Attestation>> settle) {
    return decide(request, settle)
        .onComplete(outcome -> {
          figures.count(request.type(), outcome);
          if (outcome.failed()) {
            refusals.note(request, undecided(outcome.cause()));
          } else if (outcome.result() instanceof Refused refused) {
            refusals.note(request, refused);
          }
        });
  }

  /// As the operator sees a fault of ours; the node gets the failure itself.
  private static Refused undecided(Throwable cause) {
    return new Refused(Reason.UNAVAILABLE, "", "fault", String.valueOf(cause.getMessage()));
  }

  private Future<AttestationOutcome> decide(
      AttestationRequest request, Function<Written<Attestation>, Future<Attestation>> settle) {
    var attestor = attestors.get(request.type()); // 1
    if (attestor == null) {
      return refused(Reason.UNKNOWN_TYPE, "no attestor of this type is configured", "unknown-type");
    }
    var presentation = new Presentation(request.payload(), request.remoteAddress(), ownBundle);
    return judge
        .judge(attestor, request.csr(), presentation, request.conversation()) // 2, 3
        .compose(judgement ->
            switch (judgement) {
              case EvidenceJudge.Unread(var why) ->
                  refused(Reason.INVALID, "csr: " + why, "malformed-csr");
              case EvidenceJudge.Judged(var csr, var step) -> judged(request, csr, step, settle);
            })
        .recover(cause -> faulted(request, cause));
  }

  private Future<AttestationOutcome> judged(
      AttestationRequest request,
      CertificateRequest csr,
      AttestationStep step,
      Function<Written<Attestation>, Future<Attestation>> settle) {
    return switch (step) {
      case AttestationStep.Attested(var node) -> attested(request, csr, node, settle);
      case AttestationStep.Refused(var code, var detail) -> {
        LOG.atInfo()
            .addKeyValue(Fields.ATTESTOR, request.type())
            .addKeyValue(Fields.ADDRESS, request.remoteAddress())
            .addKeyValue(Fields.REASON, code)
            .addKeyValue("detail", detail)
            .log("Refused evidence");
        yield Future.succeededFuture(
            new Refused(
                isMalformed(code) ? Reason.INVALID : Reason.DENIED,
                "evidence refused: " + code,
                code,
                detail));
      }
      case AttestationStep.Challenged _ ->
          throw new IllegalStateException("judged evidence asks for more");
    };
  }

  private static boolean isMalformed(String code) {
    return code.endsWith("/malformed") || code.endsWith("/too-long");
  }

  private Future<AttestationOutcome> attested(
      AttestationRequest request,
      CertificateRequest csr,
      AttestedNode node,
      Function<Written<Attestation>, Future<Attestation>> settle) {
    var misplaced = misplaced(node.agentId(), request.type()); // 4
    if (misplaced.isPresent()) {
      LOG.atError()
          .addKeyValue(Fields.ATTESTOR, request.type())
          .addKeyValue(Fields.AGENT_ID, node.agentId())
          .log("Attestor gave an id outside its prefix");
      return refused(Reason.DENIED, misplaced.get(), "misplaced-id");
    }
    var serial = issuer.newSerial(); // 5
    return switch (issuer.prepare(
        new X509SvidRequest.Agent(node.agentId(), csr.publicKey(), Duration.ZERO, serial))) {
      case X509Decision.Refused(var code, var detail) ->
          refused(
              Reason.UNAVAILABLE, "agent SVID not issued: " + code + ": " + detail, "not-issued");
      case PreparedX509Svid prepared -> record(request, csr, node, prepared, settle);
    };
  }

  private Optional<String> misplaced(SpiffeId id, String type) {
    boolean good = id.isMemberOf(trustDomain) && id.path().startsWith("/spire/agent/" + type + "/");
    return good ? Optional.empty() : Optional.of("the attestor gave an id outside its prefix");
  }

  private Future<AttestationOutcome> record(
      AttestationRequest request,
      CertificateRequest csr,
      AttestedNode node,
      PreparedX509Svid prepared,
      Function<Written<Attestation>, Future<Attestation>> settle) {
    var row =
        new NodeAttestation(
            node.agentId(),
            request.type(),
            node.selectors(),
            node.reattestable(),
            new AgentSerial(prepared.serial(), prepared.notAfter()),
            node.oneTimeUse(),
            Digests.sha256Hex(csr.publicKeyInfo()),
            node.claims());
    return nodes
        .foresee(row) // 6
        .compose(foreseen ->
            foreseen.refusal().isPresent()
                ? turnedAway(request, refusal(foreseen.refusal().get(), row).orElseThrow())
                : record(request, node, prepared, row, foreseen.repeated(), settle));
  }

  private Future<AttestationOutcome> record(
      AttestationRequest request,
      AttestedNode node,
      PreparedX509Svid prepared,
      NodeAttestation row,
      boolean repeated,
      Function<Written<Attestation>, Future<Attestation>> settle) {
    return intent(request, node, prepared, repeated) // 7
        .compose(_ -> {
          CrashPoints.at("attestation/before-record");
          return nodes.attest(row); // 8
        })
        .compose(settle)
        .compose(outcome -> {
          CrashPoints.at("attestation/after-record");
          return recorded(request, node, prepared, row, outcome);
        });
  }

  /// What the evidence proved, and the certificate it leads to.
  private Future<Void> intent(
      AttestationRequest request, AttestedNode node, PreparedX509Svid prepared, boolean repeated) {
    var attestation =
        new AuditEvent.NodeAttestation(
            request.origin(),
            request.type(),
            Digests.sha256Hex(request.payload()),
            node.claims(),
            node.agentId(),
            node.selectors().stream().map(Selector::toString).toList(),
            repeated);
    var item =
        new X509Item(
            "",
            prepared.id(),
            prepared.serial(),
            prepared.notAfter(),
            Digests.sha256Hex(request.csr()),
            prepared.authorityId());
    var issuance =
        new AuditEvent.X509Issuance(request.origin(), Purpose.AGENT_ATTESTED, List.of(item));
    return Future.all(trail.intent(attestation), trail.intent(issuance)).mapEmpty();
  }

  private void complete(AttestationRequest request, String status, String detail) {
    trail.result(new AuditEvent.Completion(request.origin(), "node_attestation", status, detail));
  }

  private Future<AttestationOutcome> recorded(
      AttestationRequest request,
      AttestedNode node,
      PreparedX509Svid prepared,
      NodeAttestation row,
      Attestation outcome) {
    var refusal = refusal(outcome, row);
    if (refusal.isPresent()) {
      complete(request, "refused", refusal.get().message());
      return turnedAway(request, refusal.get());
    }
    if (outcome instanceof Attestation.Recorded) {
      noteTokenUse(request, node);
    }
    return sign(request, node, prepared, outcome instanceof Attestation.Repeated);
  }

  /// Evidence that we handed out ourselves is a join token.
  private void noteTokenUse(AttestationRequest request, AttestedNode node) {
    node.oneTimeUse()
        .filter(OneTimeUse::mustExist)
        .ifPresent(use ->
            trail.result(
                new AuditEvent.JoinToken(
                    request.origin(),
                    TokenAction.USE,
                    use.digestHex(),
                    node.agentId().toString())));
  }

  private static Optional<Refused> refusal(Attestation outcome, NodeAttestation row) {
    return switch (outcome) {
      case Attestation.Recorded _, Attestation.Repeated _ -> Optional.empty();
      case Attestation.EvidenceSpent() ->
          no(Reason.INVALID, "the evidence was used before", "evidence-spent", row);
      case Attestation.EvidenceExpired(var at) ->
          no(Reason.INVALID, "the evidence expired at " + at, "evidence-expired", row);
      case Attestation.EvidenceUnknown() ->
          no(Reason.INVALID, "the evidence is unknown or was used", "evidence-unknown", row);
      case Attestation.AlreadyAttested() ->
          no(
              Reason.DENIED,
              "the node is attested, and its evidence counts only once",
              "already-attested",
              row);
      case Attestation.Banned() -> no(Reason.DENIED, "the agent is banned", "banned", row);
    };
  }

  private static Optional<Refused> no(Reason reason, String why, String code, NodeAttestation row) {
    // The id of a node with a join token is the token, which may still be good for somebody.
    var secret = row.oneTimeUse().filter(OneTimeUse::mustExist).isPresent();
    return Optional.of(new Refused(reason, why, code, secret ? why : why + ": " + row.agentId()));
  }

  private static Future<AttestationOutcome> turnedAway(
      AttestationRequest request, Refused refusal) {
    LOG.atInfo()
        .addKeyValue(Fields.ATTESTOR, request.type())
        .addKeyValue(Fields.ADDRESS, request.remoteAddress())
        .addKeyValue(Fields.REASON, refusal.message())
        .log("Refused attestation");
    return Future.succeededFuture(refusal);
  }

  private Future<AttestationOutcome> sign(
      AttestationRequest request, AttestedNode node, PreparedX509Svid prepared, boolean repeat) {
    return crypto
        .submit(() -> issuer.issue(prepared)) // 9
        .map(svid -> {
          CrashPoints.at("attestation/after-sign");
          complete(request, "success", repeat ? "repeated" : ""); // 10
          LOG.atInfo()
              .addKeyValue(Fields.ATTESTOR, request.type())
              .addKeyValue(Fields.ADDRESS, request.remoteAddress())
              .addKeyValue(Fields.EXPIRES_AT, svid.notAfter())
              .log(repeat ? "Attested node again after a lost reply" : "Attested node");
          return new Attested(svid, node.reattestable());
        });
  }

  private static Future<AttestationOutcome> faulted(AttestationRequest request, Throwable cause) {
    if (cause instanceof AttestationFault fault) {
      LOG.atWarn()
          .setCause(fault)
          .addKeyValue(Fields.ATTESTOR, request.type())
          .addKeyValue(Fields.ADDRESS, request.remoteAddress())
          .log("Evidence could not be judged");
      return Future.succeededFuture(
          new Refused(
              Reason.UNAVAILABLE,
              "the evidence cannot be judged now",
              "fault",
              String.valueOf(fault.getMessage())));
    }
    return Future.failedFuture(cause);
  }

  private static Future<AttestationOutcome> refused(Reason reason, String message, String code) {
    return Future.succeededFuture(new Refused(reason, message, code, message));
  }
}
