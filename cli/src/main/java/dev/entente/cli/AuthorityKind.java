package dev.entente.cli;

import dev.entente.wire.spire.server.localauthority.v1.ActivateJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetWITAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.PrepareWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintWITAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/// The kinds of signing authority; SPIRE's API has a method per kind and verb.
enum AuthorityKind {
  /// Signs X509-SVIDs.
  X509 {
    @Override
    Map<String, AuthorityState> slots(Calls calls) {
      var state =
          calls.ask(
              LocalAuthorityGrpcClient.GetX509AuthorityState,
              GetX509AuthorityStateRequest.getDefaultInstance());
      var slots = new Slots();
      slots.put(state.hasActive(), "active", state.getActive());
      slots.put(state.hasPrepared(), "prepared", state.getPrepared());
      slots.put(state.hasOld(), "old", state.getOld());
      return slots.found;
    }

    @Override
    AuthorityState prepare(Calls calls) {
      return calls
          .ask(
              LocalAuthorityGrpcClient.PrepareX509Authority,
              PrepareX509AuthorityRequest.getDefaultInstance())
          .getPreparedAuthority();
    }

    @Override
    AuthorityState activate(Calls calls, String id) {
      var request = ActivateX509AuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls
          .ask(LocalAuthorityGrpcClient.ActivateX509Authority, request)
          .getActivatedAuthority();
    }

    @Override
    AuthorityState taint(Calls calls, String id) {
      var request = TaintX509AuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.TaintX509Authority, request).getTaintedAuthority();
    }

    @Override
    AuthorityState revoke(Calls calls, String id) {
      var request = RevokeX509AuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.RevokeX509Authority, request).getRevokedAuthority();
    }

    @Override
    dev.entente.wire.entente.broker.v1.AuthorityKind wire() {
      return dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509;
    }
  },
  /// Signs JWT-SVIDs.
  JWT {
    @Override
    Map<String, AuthorityState> slots(Calls calls) {
      var state =
          calls.ask(
              LocalAuthorityGrpcClient.GetJWTAuthorityState,
              GetJWTAuthorityStateRequest.getDefaultInstance());
      var slots = new Slots();
      slots.put(state.hasActive(), "active", state.getActive());
      slots.put(state.hasPrepared(), "prepared", state.getPrepared());
      slots.put(state.hasOld(), "old", state.getOld());
      return slots.found;
    }

    @Override
    AuthorityState prepare(Calls calls) {
      return calls
          .ask(
              LocalAuthorityGrpcClient.PrepareJWTAuthority,
              PrepareJWTAuthorityRequest.getDefaultInstance())
          .getPreparedAuthority();
    }

    @Override
    AuthorityState activate(Calls calls, String id) {
      var request = ActivateJWTAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls
          .ask(LocalAuthorityGrpcClient.ActivateJWTAuthority, request)
          .getActivatedAuthority();
    }

    @Override
    AuthorityState taint(Calls calls, String id) {
      var request = TaintJWTAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.TaintJWTAuthority, request).getTaintedAuthority();
    }

    @Override
    AuthorityState revoke(Calls calls, String id) {
      var request = RevokeJWTAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.RevokeJWTAuthority, request).getRevokedAuthority();
    }

    @Override
    dev.entente.wire.entente.broker.v1.AuthorityKind wire() {
      return dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_JWT;
    }
  },
  /// Signs WIT-SVIDs, where they are switched on.
  WIT {
    @Override
    Map<String, AuthorityState> slots(Calls calls) {
      var state =
          calls.ask(
              LocalAuthorityGrpcClient.GetWITAuthorityState,
              GetWITAuthorityStateRequest.getDefaultInstance());
      var slots = new Slots();
      slots.put(state.hasActive(), "active", state.getActive());
      slots.put(state.hasPrepared(), "prepared", state.getPrepared());
      slots.put(state.hasOld(), "old", state.getOld());
      return slots.found;
    }

    @Override
    AuthorityState prepare(Calls calls) {
      return calls
          .ask(
              LocalAuthorityGrpcClient.PrepareWITAuthority,
              PrepareWITAuthorityRequest.getDefaultInstance())
          .getPreparedAuthority();
    }

    @Override
    AuthorityState activate(Calls calls, String id) {
      var request = ActivateWITAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls
          .ask(LocalAuthorityGrpcClient.ActivateWITAuthority, request)
          .getActivatedAuthority();
    }

    @Override
    AuthorityState taint(Calls calls, String id) {
      var request = TaintWITAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.TaintWITAuthority, request).getTaintedAuthority();
    }

    @Override
    AuthorityState revoke(Calls calls, String id) {
      var request = RevokeWITAuthorityRequest.newBuilder().setAuthorityId(id).build();
      return calls.ask(LocalAuthorityGrpcClient.RevokeWITAuthority, request).getRevokedAuthority();
    }

    @Override
    dev.entente.wire.entente.broker.v1.AuthorityKind wire() {
      return dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_WIT;
    }
  };

  /// The authorities there are, by slot: `active`, `prepared`, `old`.
  abstract Map<String, AuthorityState> slots(Calls calls);

  abstract AuthorityState prepare(Calls calls);

  abstract AuthorityState activate(Calls calls, String id);

  abstract AuthorityState taint(Calls calls, String id);

  abstract AuthorityState revoke(Calls calls, String id);

  abstract dev.entente.wire.entente.broker.v1.AuthorityKind wire();

  private static final class Slots {
    private final Map<String, AuthorityState> found = new LinkedHashMap<>();

    void put(boolean present, String slot, AuthorityState state) {
      if (present) {
        found.put(slot, state);
      }
    }
  }
}
