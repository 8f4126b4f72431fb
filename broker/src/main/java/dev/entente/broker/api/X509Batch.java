package dev.entente.broker.api;

import dev.entente.broker.api.message.SvidMessages;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.AuthorizedEntries;
import dev.entente.rpc.CallContext;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Digests;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse.Result;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import io.vertx.core.Future;
import java.util.List;

/// Signs a batch of CSRs for an agent: the main job of a broker.
///
/// 1. The agent has not used up what it may ask for.
/// 2. Each entry is in the agent's set, each CSR proves possession of its key, each SVID can be
///    issued. From a CSR only the key is taken; id, names and lifetime are the entry's.
/// 3. The intent is durable.
/// 4. All are signed.
///
/// Results stand in the order of the request; each has a status, and a failed one no SVID: agents
/// read both without looking.
final class X509Batch {
  static final Refusal NO_ENTRY = Refusal.notFound("entry not found or not authorized");

  /// SPIRE's limit, and the size of its agents' batches.
  private static final int PARAMS_MAX = 500;

  private final Issuance issuance;
  private final RateLimits limits;
  private final Views views;
  private final Gate gate;

  X509Batch(Issuance issuance, RateLimits limits, Views views, Gate gate) {
    this.issuance = issuance;
    this.limits = limits;
    this.views = views;
    this.gate = gate;
  }

  Future<BatchNewX509SVIDResponse> answer(CallContext call, BatchNewX509SVIDRequest request) {
    int count = request.getParamsCount();
    requireSize(count);
    var agent = gate.agent(call);
    Refusal.throwIfPresent(limits.csrs(agent.id(), count));
    var entries = views.authorizedEntries(agent.id());
    return issuance
        .each(request.getParamsList(), params -> prepare(params, entries))
        .compose(items ->
            issuance
                .x509(agent, Purpose.WORKLOAD, BatchItem.ready(items), X509Batch::signed)
                .map(signed -> response(items, signed)));
  }

  static void requireSize(int count) {
    if (count == 0) {
      throw Refusal.invalid("no params").failure();
    }
    if (count > PARAMS_MAX) {
      throw Refusal.of(
              RefusalKind.TOO_LARGE, count + " params in one batch, the limit is " + PARAMS_MAX)
          .failure();
    }
  }

  private BatchItem<X509Order> prepare(NewX509SVIDParams params, AuthorizedEntries entries) {
    if (params.getEntryId().isEmpty()) {
      return new BatchItem.Refused<>(Refusal.invalid("entry_id is missing"));
    }
    var entry = entries.find(params.getEntryId());
    if (entry.isEmpty()) {
      return new BatchItem.Refused<>(NO_ENTRY);
    }
    try {
      return prepare(entry.get(), params.getCsr().toByteArray());
    } catch (IllegalArgumentException e) {
      return new BatchItem.Refused<>(Refusal.invalid("csr: " + e.getMessage()));
    }
  }

  private BatchItem<X509Order> prepare(RegistrationEntry entry, byte[] der) {
    var csr = CertificateRequest.parse(der);
    var request =
        new X509SvidRequest.Workload(
            entry.spiffeId(), csr.publicKey(), entry.x509SvidTtl(), entry.dnsNames());
    return switch (issuance.prepare(request)) {
      case X509Decision.Refused refused -> new BatchItem.Refused<>(IssuanceRefusals.of(refused));
      case PreparedX509Svid prepared ->
          new BatchItem.Ready<>(
              new X509Order(prepared, entry.id(), entry.hint(), Digests.sha256Hex(der)));
    };
  }

  private static Result signed(X509Order order, IssuedX509Svid svid) {
    return Result.newBuilder()
        .setStatus(Statuses.ok())
        .setSvid(SvidMessages.toWire(svid, order.hint()))
        .build();
  }

  private static BatchNewX509SVIDResponse response(
      List<BatchItem<X509Order>> items, List<Result> signed) {
    return BatchNewX509SVIDResponse.newBuilder()
        .addAllResults(BatchItem.results(items, signed, X509Batch::refused))
        .build();
  }

  private static Result refused(Refusal refusal) {
    return Result.newBuilder().setStatus(Statuses.item(refusal)).build();
  }
}
