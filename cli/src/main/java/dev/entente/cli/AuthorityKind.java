package dev.entente.cli;

import com.google.protobuf.Message;
import dev.entente.wire.spire.server.localauthority.v1.ActivateJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.ActivateWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.ActivateX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetWITAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintJWTAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityResponse;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityResponse;
import io.vertx.grpc.common.ServiceMethod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The kinds of signing authority; SPIRE's API has a method per kind and verb.
@SuppressWarnings("ImmutableEnumChecker") // what describes a method of the API has no setters
enum AuthorityKind {
  /// Signs X509-SVIDs.
  X509(
      dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509,
      new Verb<>(
          LocalAuthorityGrpcClient.GetX509AuthorityState,
          _ -> GetX509AuthorityStateRequest.getDefaultInstance(),
          AuthorityKind::slots),
      new Verb<>(
          LocalAuthorityGrpcClient.PrepareX509Authority,
          _ -> PrepareX509AuthorityRequest.getDefaultInstance(),
          PrepareX509AuthorityResponse::getPreparedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.ActivateX509Authority,
          id -> ActivateX509AuthorityRequest.newBuilder().setAuthorityId(id).build(),
          ActivateX509AuthorityResponse::getActivatedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.TaintX509Authority,
          id -> TaintX509AuthorityRequest.newBuilder().setAuthorityId(id).build(),
          TaintX509AuthorityResponse::getTaintedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.RevokeX509Authority,
          id -> RevokeX509AuthorityRequest.newBuilder().setAuthorityId(id).build(),
          RevokeX509AuthorityResponse::getRevokedAuthority)),
  /// Signs JWT-SVIDs.
  JWT(
      dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_JWT,
      new Verb<>(
          LocalAuthorityGrpcClient.GetJWTAuthorityState,
          _ -> GetJWTAuthorityStateRequest.getDefaultInstance(),
          AuthorityKind::slots),
      new Verb<>(
          LocalAuthorityGrpcClient.PrepareJWTAuthority,
          _ -> PrepareJWTAuthorityRequest.getDefaultInstance(),
          PrepareJWTAuthorityResponse::getPreparedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.ActivateJWTAuthority,
          id -> ActivateJWTAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          ActivateJWTAuthorityResponse::getActivatedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.TaintJWTAuthority,
          id -> TaintJWTAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          TaintJWTAuthorityResponse::getTaintedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.RevokeJWTAuthority,
          id -> RevokeJWTAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          RevokeJWTAuthorityResponse::getRevokedAuthority)),
  /// Signs WIT-SVIDs, where they are switched on.
  WIT(
      dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_WIT,
      new Verb<>(
          LocalAuthorityGrpcClient.GetWITAuthorityState,
          _ -> GetWITAuthorityStateRequest.getDefaultInstance(),
          AuthorityKind::slots),
      new Verb<>(
          LocalAuthorityGrpcClient.PrepareWITAuthority,
          _ -> PrepareWITAuthorityRequest.getDefaultInstance(),
          PrepareWITAuthorityResponse::getPreparedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.ActivateWITAuthority,
          id -> ActivateWITAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          ActivateWITAuthorityResponse::getActivatedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.TaintWITAuthority,
          id -> TaintWITAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          TaintWITAuthorityResponse::getTaintedAuthority),
      new Verb<>(
          LocalAuthorityGrpcClient.RevokeWITAuthority,
          id -> RevokeWITAuthorityRequest.newBuilder().setAuthorityId(id).build(),
          RevokeWITAuthorityResponse::getRevokedAuthority));

  private final dev.entente.wire.entente.broker.v1.AuthorityKind wire;
  private final Verb<?, ?, Map<String, AuthorityState>> show;
  private final Verb<?, ?, AuthorityState> prepare;
  private final Verb<?, ?, AuthorityState> activate;
  private final Verb<?, ?, AuthorityState> taint;
  private final Verb<?, ?, AuthorityState> revoke;

  AuthorityKind(
      dev.entente.wire.entente.broker.v1.AuthorityKind wire,
      Verb<?, ?, Map<String, AuthorityState>> show,
      Verb<?, ?, AuthorityState> prepare,
      Verb<?, ?, AuthorityState> activate,
      Verb<?, ?, AuthorityState> taint,
      Verb<?, ?, AuthorityState> revoke) {
    this.wire = wire;
    this.show = show;
    this.prepare = prepare;
    this.activate = activate;
    this.taint = taint;
    this.revoke = revoke;
  }

  /// The authorities there are, by slot: `active`, `prepared`, `old`.
  Map<String, AuthorityState> slots(Calls calls) {
    return show.ask(calls, "");
  }

  AuthorityState prepare(Calls calls) {
    return prepare.ask(calls, "");
  }

  AuthorityState activate(Calls calls, String id) {
    return activate.ask(calls, id);
  }

  AuthorityState taint(Calls calls, String id) {
    return taint.ask(calls, id);
  }

  AuthorityState revoke(Calls calls, String id) {
    return revoke.ask(calls, id);
  }

  dev.entente.wire.entente.broker.v1.AuthorityKind wire() {
    return wire;
  }

  /// The slots of a state, whose fields they are in every kind, in the order of their numbers.
  private static Map<String, AuthorityState> slots(Message state) {
    var slots = new LinkedHashMap<String, AuthorityState>();
    state
        .getAllFields()
        .forEach((field, authority) -> slots.put(field.getName(), (AuthorityState) authority));
    return slots;
  }

  /// One method of the API.
  ///
  /// @param request what to ask about the authority with an id
  /// @param answer what to take from the answer
  private record Verb<Q, A, T>(
      ServiceMethod<A, Q> method, Function<String, Q> request, Function<A, T> answer) {
    T ask(Calls calls, String id) {
      return answer.apply(calls.ask(method, request.apply(id)));
    }
  }
}
