package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import com.google.protobuf.ByteString;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.api.message.SvidMessages;
import dev.entente.broker.authority.IssuedWitSvid;
import dev.entente.broker.authority.PreparedToken;
import dev.entente.broker.authority.TokenDecision;
import dev.entente.broker.authority.WitIssuer;
import dev.entente.broker.authority.WitSvidRequest;
import dev.entente.broker.registry.AuthorizedEntries;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDResponse.Result;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewWITSVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcService;
import io.vertx.core.Future;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;

/// The methods that have WIT-SVIDs signed.
///
/// As with CSRs an agent asks in batches, for entries of its own set, within its limit of CSRs, and
/// id and lifetime are the entry's. The public key is the workload's: whoever does not hold its
/// private half gains nothing by naming it.
final class WitCalls {
  private final TrustDomain trustDomain;
  private final WitIssuer issuer;
  private final Issuance issuance;
  private final RateLimits limits;
  private final Views views;
  private final Gate gate;

  WitCalls(
      TrustDomain trustDomain,
      WitIssuer issuer,
      Issuance issuance,
      RateLimits limits,
      Views views,
      Gate gate) {
    this.trustDomain = trustDomain;
    this.issuer = issuer;
    this.issuance = issuance;
    this.limits = limits;
    this.views = views;
    this.gate = gate;
  }

  void bind(RpcService.Builder service) {
    service
        .unary(SVIDGrpcService.MintWITSVID, answering(this::mint))
        .unary(SVIDGrpcService.BatchNewWITSVID, answering(this::batchNew));
  }

  private Future<MintWITSVIDResponse> mint(CallContext call, MintWITSVIDRequest request) {
    if (!request.hasId()) {
      throw Refusal.invalid("id is missing").failure();
    }
    if (request.getTtl() < 0) {
      throw Refusal.invalid("ttl is negative: " + request.getTtl()).failure();
    }
    var id =
        read(() ->
            SvidService.workloadId(IdMessages.readMember(request.getId(), trustDomain, "id")));
    var item =
        prepare(
            new Asked(id, "", "", Duration.ofSeconds(request.getTtl())),
            request.getPublicKey(),
            request.getSigningAlgorithm());
    return switch (item) {
      case BatchItem.Refused<WitOrder>(var refusal) -> Future.failedFuture(refusal.failure());
      case BatchItem.Ready<WitOrder>(var order) ->
          issuance
              .wit(issuer, gate.caller(call), List.of(order), (_, svid) -> svid)
              .map(svids ->
                  MintWITSVIDResponse.newBuilder()
                      .setSvid(SvidMessages.toWire(svids.getFirst(), ""))
                      .build());
    };
  }

  private Future<BatchNewWITSVIDResponse> batchNew(
      CallContext call, BatchNewWITSVIDRequest request) {
    X509Batch.requireSize(request.getParamsCount());
    var agent = gate.agent(call);
    Refusal.throwIfPresent(limits.csrs(agent.id(), request.getParamsCount()));
    var entries = views.authorizedEntries(agent.id());
    return issuance
        .each(request.getParamsList(), params -> prepare(params, entries))
        .compose(items ->
            issuance
                .wit(issuer, agent, BatchItem.ready(items), WitCalls::signed)
                .map(signed -> response(items, signed)));
  }

  /// For whom.
  ///
  /// @param ttl zero for the default
  private record Asked(SpiffeId id, String entryId, String hint, Duration ttl) {}

  private BatchItem<WitOrder> prepare(NewWITSVIDParams params, AuthorizedEntries entries) {
    if (params.getEntryId().isEmpty()) {
      return new BatchItem.Refused<>(Refusal.invalid("entry_id is missing"));
    }
    return entries
        .find(params.getEntryId())
        .map(entry ->
            prepare(
                new Asked(entry.spiffeId(), entry.id(), entry.hint(), entry.x509SvidTtl()),
                params.getPublicKey(),
                params.getSigningAlgorithm()))
        .orElseGet(() -> new BatchItem.Refused<>(X509Batch.NO_ENTRY));
  }

  private BatchItem<WitOrder> prepare(Asked asked, ByteString key, String algorithmName) {
    var algorithm = JwsAlgorithm.of(algorithmName);
    if (algorithm.isEmpty()) {
      return new BatchItem.Refused<>(
          Refusal.invalid("signing_algorithm is none of RS, ES or PS with 256, 384 or 512"));
    }
    PublicKey publicKey;
    try {
      publicKey = PublicKeys.read(key.toByteArray());
    } catch (IllegalArgumentException e) {
      return new BatchItem.Refused<>(Refusal.invalid("public_key: " + e.getMessage()));
    }
    var request = new WitSvidRequest(asked.id(), publicKey, algorithm.get(), asked.ttl());
    return switch (issuer.prepare(request)) {
      case TokenDecision.Refused refused -> new BatchItem.Refused<>(IssuanceRefusals.of(refused));
      case PreparedToken prepared ->
          new BatchItem.Ready<>(
              new WitOrder(
                  prepared,
                  asked.entryId(),
                  asked.hint(),
                  Digests.sha256Hex(publicKey.getEncoded())));
    };
  }

  private static Result signed(WitOrder order, IssuedWitSvid svid) {
    return Result.newBuilder()
        .setStatus(Statuses.ok())
        .setSvid(SvidMessages.toWire(svid, order.hint()))
        .build();
  }

  private static BatchNewWITSVIDResponse response(
      List<BatchItem<WitOrder>> items, List<Result> signed) {
    return BatchNewWITSVIDResponse.newBuilder()
        .addAllResults(BatchItem.results(items, signed, WitCalls::refused))
        .build();
  }

  private static Result refused(Refusal refusal) {
    return Result.newBuilder().setStatus(Statuses.item(refusal)).build();
  }

  /// Bound while WIT-SVIDs are switched off, so that a caller reads why.
  static void bindUnsupported(RpcService.Builder service) {
    service
        .unary(SVIDGrpcService.MintWITSVID, answering((_, _) -> Wit.unsupported()))
        .unary(SVIDGrpcService.BatchNewWITSVID, answering((_, _) -> Wit.unsupported()));
  }
}
