package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;

import dev.entente.broker.authority.Authorities;
import dev.entente.broker.authority.AuthorityOutcome;
import dev.entente.broker.authority.AuthorityView;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.Written;
import dev.entente.rpc.RpcService;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.ActivateX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcService;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509UpstreamAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509UpstreamAuthorityResponse;
import io.vertx.core.Future;
import java.util.Locale;

/// SPIRE's LocalAuthority service: rotation by hand.
///
/// SPIRE's Activate has no way to say "before relying parties had their time to see it"; whoever
/// needs that uses [OperationsService].
final class LocalAuthorityService {
  private final Authorities authorities;
  private final OwnBundle ownBundle;
  private final boolean wit;
  private final Views views;
  private final Gate gate;

  /// @param wit whether there are authorities for WIT-SVIDs
  LocalAuthorityService(
      Authorities authorities, OwnBundle ownBundle, boolean wit, Views views, Gate gate) {
    this.authorities = authorities;
    this.ownBundle = ownBundle;
    this.wit = wit;
    this.views = views;
    this.gate = gate;
  }

  RpcService bind() {
    var service = RpcService.builder(LocalAuthorityGrpcService.SERVICE_DESCRIPTOR);
    bindX509(service);
    bindJwt(service);
    bindUpstream(service);
    if (wit) {
      new WitAuthorityCalls(this, authorities, gate).bind(service);
    } else {
      WitAuthorityCalls.bindUnsupported(service);
    }
    return service.build();
  }

  private void bindX509(RpcService.Builder service) {
    service
        .unary(LocalAuthorityGrpcService.GetX509AuthorityState, answering((_, _) -> x509State()))
        .unary(
            LocalAuthorityGrpcService.PrepareX509Authority,
            answering((call, _) ->
                done(authorities.prepareX509(Audit.origin(gate.caller(call))))
                    .map(state ->
                        PrepareX509AuthorityResponse.newBuilder()
                            .setPreparedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.ActivateX509Authority,
            answering((call, request) ->
                done(authorities.activateX509(
                        request.getAuthorityId(), false, Audit.origin(gate.caller(call))))
                    .map(state ->
                        ActivateX509AuthorityResponse.newBuilder()
                            .setActivatedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.TaintX509Authority,
            answering((call, request) ->
                done(authorities.taintX509(
                        request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        TaintX509AuthorityResponse.newBuilder()
                            .setTaintedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.RevokeX509Authority,
            answering((call, request) ->
                done(authorities.revokeX509(
                        request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        RevokeX509AuthorityResponse.newBuilder()
                            .setRevokedAuthority(state)
                            .build())));
  }

  private void bindJwt(RpcService.Builder service) {
    service
        .unary(LocalAuthorityGrpcService.GetJWTAuthorityState, answering((_, _) -> jwtState()))
        .unary(
            LocalAuthorityGrpcService.PrepareJWTAuthority,
            answering((call, _) ->
                done(authorities.prepareJwt(Audit.origin(gate.caller(call))))
                    .map(state ->
                        PrepareJWTAuthorityResponse.newBuilder()
                            .setPreparedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.ActivateJWTAuthority,
            answering((call, request) ->
                done(authorities.activateJwt(
                        request.getAuthorityId(), false, Audit.origin(gate.caller(call))))
                    .map(state ->
                        ActivateJWTAuthorityResponse.newBuilder()
                            .setActivatedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.TaintJWTAuthority,
            answering((call, request) ->
                done(authorities.taintJwt(
                        request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        TaintJWTAuthorityResponse.newBuilder().setTaintedAuthority(state).build())))
        .unary(
            LocalAuthorityGrpcService.RevokeJWTAuthority,
            answering((call, request) ->
                done(authorities.revokeJwt(
                        request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        RevokeJWTAuthorityResponse.newBuilder()
                            .setRevokedAuthority(state)
                            .build())));
  }

  private void bindUpstream(RpcService.Builder service) {
    service
        .unary(
            LocalAuthorityGrpcService.TaintX509UpstreamAuthority,
            answering((call, request) ->
                done(authorities.taintUpstream(
                        lower(request.getSubjectKeyId()), Audit.origin(gate.caller(call))))
                    .map(
                        TaintX509UpstreamAuthorityResponse.newBuilder()
                            .setUpstreamAuthoritySubjectKeyId(lower(request.getSubjectKeyId()))
                            .build())))
        .unary(
            LocalAuthorityGrpcService.RevokeX509UpstreamAuthority,
            answering((call, request) ->
                done(authorities.revokeUpstream(
                        lower(request.getSubjectKeyId()), Audit.origin(gate.caller(call))))
                    .map(
                        RevokeX509UpstreamAuthorityResponse.newBuilder()
                            .setUpstreamAuthoritySubjectKeyId(lower(request.getSubjectKeyId()))
                            .build())));
  }

  /// Hex may be written in either case.
  private static String lower(String subjectKeyId) {
    return subjectKeyId.toLowerCase(Locale.ROOT);
  }

  private Future<GetX509AuthorityStateResponse> x509State() {
    var state = authorities.x509State();
    var response = GetX509AuthorityStateResponse.newBuilder();
    state.active().map(LocalAuthorityService::toWire).ifPresent(response::setActive);
    state.prepared().map(LocalAuthorityService::toWire).ifPresent(response::setPrepared);
    state.old().map(LocalAuthorityService::toWire).ifPresent(response::setOld);
    return state.active().isPresent() ? Future.succeededFuture(response.build()) : noActive();
  }

  private Future<GetJWTAuthorityStateResponse> jwtState() {
    var state = authorities.jwtState();
    var response = GetJWTAuthorityStateResponse.newBuilder();
    state.active().map(LocalAuthorityService::toWire).ifPresent(response::setActive);
    state.prepared().map(LocalAuthorityService::toWire).ifPresent(response::setPrepared);
    state.old().map(LocalAuthorityService::toWire).ifPresent(response::setOld);
    return state.active().isPresent() ? Future.succeededFuture(response.build()) : noActive();
  }

  static <A> Future<A> noActive() {
    return Future.failedFuture(Refusal.unavailable("no authority is active yet").failure());
  }

  /// Entente's own activation, which may be hurried.
  Future<Void> activate(Caller caller, ActivateAuthorityRequest request) {
    var origin = Audit.origin(caller);
    var id = request.getAuthorityId();
    return done(switch (request.getKind()) {
          case AUTHORITY_KIND_X509 -> authorities.activateX509(id, request.getNow(), origin);
          case AUTHORITY_KIND_JWT -> authorities.activateJwt(id, request.getNow(), origin);
          case AUTHORITY_KIND_WIT -> {
            if (!wit) {
              throw Wit.UNSUPPORTED.failure();
            }
            yield authorities.activateWit(id, request.getNow(), origin);
          }
          case AUTHORITY_KIND_UNSPECIFIED, UNRECOGNIZED ->
              throw Refusal.invalid("kind is missing or unknown").failure();
        })
        .mapEmpty();
  }

  /// What became of a step, once the view shows what it did to the bundle: who taints an authority
  /// and reads the bundle next, finds it tainted.
  Future<AuthorityState> done(Future<AuthorityOutcome> outcome) {
    return outcome.compose(result ->
        switch (result) {
          case AuthorityOutcome.Done(var authority) ->
              views.settled(new Written<>(toWire(authority), ownBundle.revision()));
          case AuthorityOutcome.Refused(var code, var detail) ->
              Future.failedFuture(Refusal.of(kind(code), detail).failure());
        });
  }

  private static RefusalKind kind(AuthorityOutcome.Code code) {
    return switch (code) {
      case INVALID -> RefusalKind.INVALID;
      case INTERNAL -> RefusalKind.INTERNAL;
      case UNAVAILABLE -> RefusalKind.UNAVAILABLE;
      case PRECONDITION -> RefusalKind.PRECONDITION;
    };
  }

  static AuthorityState toWire(AuthorityView authority) {
    return AuthorityState.newBuilder()
        .setAuthorityId(authority.authorityId())
        .setExpiresAt(authority.expiresAt().getEpochSecond())
        .setUpstreamAuthoritySubjectKeyId(authority.upstreamId().orElse(""))
        .build();
  }
}
