package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;

import dev.entente.broker.authority.Authorities;
import dev.entente.rpc.RpcService;
import dev.entente.wire.spire.server.localauthority.v1.ActivateWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.GetWITAuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcService;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityResponse;
import io.vertx.core.Future;

/// The methods of [LocalAuthorityService] about WIT authorities.
final class WitAuthorityCalls {
  private final LocalAuthorityService service;
  private final Authorities authorities;
  private final Gate gate;

  WitAuthorityCalls(LocalAuthorityService service, Authorities authorities, Gate gate) {
    this.service = service;
    this.authorities = authorities;
    this.gate = gate;
  }

  void bind(RpcService.Builder builder) {
    builder
        .unary(LocalAuthorityGrpcService.GetWITAuthorityState, answering((_, _) -> state()))
        .unary(
            LocalAuthorityGrpcService.PrepareWITAuthority,
            answering((call, _) ->
                service
                    .done(authorities.prepareWit(Audit.origin(gate.caller(call))))
                    .map(state ->
                        PrepareWITAuthorityResponse.newBuilder()
                            .setPreparedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.ActivateWITAuthority,
            answering((call, request) ->
                service
                    .done(
                        authorities.activateWit(
                            request.getAuthorityId(), false, Audit.origin(gate.caller(call))))
                    .map(state ->
                        ActivateWITAuthorityResponse.newBuilder()
                            .setActivatedAuthority(state)
                            .build())))
        .unary(
            LocalAuthorityGrpcService.TaintWITAuthority,
            answering((call, request) ->
                service
                    .done(
                        authorities.taintWit(
                            request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        TaintWITAuthorityResponse.newBuilder().setTaintedAuthority(state).build())))
        .unary(
            LocalAuthorityGrpcService.RevokeWITAuthority,
            answering((call, request) ->
                service
                    .done(
                        authorities.revokeWit(
                            request.getAuthorityId(), Audit.origin(gate.caller(call))))
                    .map(state ->
                        RevokeWITAuthorityResponse.newBuilder()
                            .setRevokedAuthority(state)
                            .build())));
  }

  private Future<GetWITAuthorityStateResponse> state() {
    var state = authorities.witState();
    var response = GetWITAuthorityStateResponse.newBuilder();
    state.active().map(LocalAuthorityService::toWire).ifPresent(response::setActive);
    state.prepared().map(LocalAuthorityService::toWire).ifPresent(response::setPrepared);
    state.old().map(LocalAuthorityService::toWire).ifPresent(response::setOld);
    return state.active().isPresent()
        ? Future.succeededFuture(response.build())
        : LocalAuthorityService.noActive();
  }

  /// Bound while WIT-SVIDs are switched off, so that a caller reads why.
  static void bindUnsupported(RpcService.Builder service) {
    service
        .unary(
            LocalAuthorityGrpcService.GetWITAuthorityState, answering((_, _) -> Wit.unsupported()))
        .unary(
            LocalAuthorityGrpcService.PrepareWITAuthority, answering((_, _) -> Wit.unsupported()))
        .unary(
            LocalAuthorityGrpcService.ActivateWITAuthority, answering((_, _) -> Wit.unsupported()))
        .unary(LocalAuthorityGrpcService.TaintWITAuthority, answering((_, _) -> Wit.unsupported()))
        .unary(
            LocalAuthorityGrpcService.RevokeWITAuthority, answering((_, _) -> Wit.unsupported()));
  }
}
