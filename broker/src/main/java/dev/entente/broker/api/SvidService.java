package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import com.google.protobuf.ByteString;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.api.message.SvidMessages;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.authority.JwtSvidRequest;
import dev.entente.broker.authority.WitIssuer;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.MintJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewDownstreamX509CARequest;
import dev.entente.wire.spire.server.svid.v1.NewDownstreamX509CAResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcService;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/// SPIRE's SVID service.
final class SvidService {
  private final TrustDomain trustDomain;
  private final Issuance issuance;
  private final X509Batch batch;
  private final RateLimits limits;
  private final Views views;
  private final Gate gate;
  private final Optional<WitCalls> wit;

  /// @param witIssuer empty while WIT-SVIDs are switched off
  SvidService(
      TrustDomain trustDomain,
      Issuance issuance,
      Optional<WitIssuer> witIssuer,
      RateLimits limits,
      Views views,
      Gate gate) {
    this.trustDomain = trustDomain;
    this.issuance = issuance;
    this.batch = new X509Batch(issuance, limits, views, gate);
    this.limits = limits;
    this.views = views;
    this.gate = gate;
    this.wit =
        witIssuer.map(issuer -> new WitCalls(trustDomain, issuer, issuance, limits, views, gate));
  }

  RpcService bind() {
    var service = RpcService.builder(SVIDGrpcService.SERVICE_DESCRIPTOR);
    service
        .unary(SVIDGrpcService.MintX509SVID, answering(this::mintX509))
        .unary(SVIDGrpcService.MintJWTSVID, answering(this::mintJwt))
        .unary(SVIDGrpcService.BatchNewX509SVID, answering(this::batchNewX509))
        .unary(SVIDGrpcService.NewJWTSVID, answering(this::newJwt))
        .unary(SVIDGrpcService.NewDownstreamX509CA, answering(this::newDownstreamCa));
    wit.ifPresentOrElse(calls -> calls.bind(service), () -> WitCalls.bindUnsupported(service));
    return service.build();
  }

  private Future<MintX509SVIDResponse> mintX509(CallContext call, MintX509SVIDRequest request) {
    var ttl = ttl(request.getTtl());
    return issuance
        .parse(request.getCsr())
        .compose(csr -> {
          X509SvidRequest minted = read(() -> Minting.read(csr, trustDomain, ttl));
          return issuance.x509(gate.caller(call), Purpose.MINTED, minted, request.getCsr());
        })
        .map(svid ->
            MintX509SVIDResponse.newBuilder().setSvid(SvidMessages.toWire(svid, "")).build());
  }

  private Future<MintJWTSVIDResponse> mintJwt(CallContext call, MintJWTSVIDRequest request) {
    if (!request.hasId()) {
      throw Refusal.invalid("id is missing").failure();
    }
    var id = read(() -> workloadId(IdMessages.readMember(request.getId(), trustDomain, "id")));
    var asked = new JwtSvidRequest(id, request.getAudienceList(), ttl(request.getTtl()), false);
    return issuance
        .jwt(gate.caller(call), "", asked)
        .map(svid ->
            MintJWTSVIDResponse.newBuilder().setSvid(SvidMessages.toWire(svid, "")).build());
  }

  static SpiffeId workloadId(SpiffeId id) {
    if (EntryRules.isReserved(id)) {
      throw new IllegalArgumentException("id: \"" + id + "\" lies under /spire, which is reserved");
    }
    return id;
  }

  private static Duration ttl(int seconds) {
    if (seconds < 0) {
      throw Refusal.invalid("ttl is negative: " + seconds).failure();
    }
    return Duration.ofSeconds(seconds);
  }

  private Future<BatchNewX509SVIDResponse> batchNewX509(
      CallContext call, BatchNewX509SVIDRequest request) {
    return batch.answer(call, request);
  }

  private Future<NewJWTSVIDResponse> newJwt(CallContext call, NewJWTSVIDRequest request) {
    var agent = gate.agent(call);
    Refusal.throwIfPresent(limits.jwts(agent.id()));
    if (request.getEntryId().isEmpty()) {
      throw Refusal.invalid("entry_id is missing").failure();
    }
    RegistrationEntry entry =
        views
            .authorizedEntries(agent.id())
            .find(request.getEntryId())
            .orElseThrow(() -> X509Batch.NO_ENTRY.failure());
    var asked =
        new JwtSvidRequest(
            entry.spiffeId(),
            request.getAudienceList(),
            entry.jwtSvidTtl(),
            entry.jwtSvidIncludeJti());
    return issuance
        .jwt(agent, entry.id(), asked)
        .map(svid ->
            NewJWTSVIDResponse.newBuilder()
                .setSvid(SvidMessages.toWire(svid, entry.hint()))
                .build());
  }

  /// The lower broker's own root is ours, so it gets our roots with its certificate.
  private Future<NewDownstreamX509CAResponse> newDownstreamCa(
      CallContext call, NewDownstreamX509CARequest request) {
    var caller = gate.agent(call);
    Refusal.throwIfPresent(limits.csrs(caller.id(), 1));
    var ttl = ttl(request.getPreferredTtl());
    return issuance
        .parse(request.getCsr())
        .compose(csr -> {
          X509SvidRequest asked = read(() -> Minting.readDownstream(csr, trustDomain, ttl));
          return issuance.x509(caller, Purpose.DOWNSTREAM_CA, asked, request.getCsr());
        })
        .map(issued -> {
          var response = NewDownstreamX509CAResponse.newBuilder();
          issued.chain().forEach(der -> response.addCaCertChain(ByteString.copyFrom(der)));
          views
              .require()
              .ownBundle()
              .ifPresent(bundle ->
                  bundle
                      .x509Authorities()
                      .forEach(root ->
                          response.addX509Authorities(
                              ByteString.copyFrom(Certificates.der(root.certificate())))));
          return response.build();
        });
  }
}
